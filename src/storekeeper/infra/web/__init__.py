"""HTTP: routes with declared access, pages, problems, one server process."""

from storekeeper.infra.web.answers import Answers
from storekeeper.infra.web.application import WebOptions, create
from storekeeper.infra.web.conditional import unless_known
from storekeeper.infra.web.envelope import EMBEDDABLE, SESSION_COOKIE, Authenticator
from storekeeper.infra.web.forms import checked, span_of
from storekeeper.infra.web.pages import Entry, Page, Pages, may_write, render, see_other
from storekeeper.infra.web.principal import Access, Principal, Role, may
from storekeeper.infra.web.problems import wants_page
from storekeeper.infra.web.routes import delete, get, patch, post, put
from storekeeper.infra.web.shortcut import Shortcut, Small
from storekeeper.infra.web.tables import csv_of

__all__ = [
    "EMBEDDABLE",
    "SESSION_COOKIE",
    "Access",
    "Answers",
    "Authenticator",
    "Entry",
    "Page",
    "Pages",
    "Principal",
    "Role",
    "Shortcut",
    "Small",
    "WebOptions",
    "checked",
    "create",
    "csv_of",
    "delete",
    "get",
    "may",
    "may_write",
    "patch",
    "post",
    "put",
    "render",
    "see_other",
    "span_of",
    "unless_known",
    "wants_page",
]
