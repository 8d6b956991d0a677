"""Who may do what: users and roles, sign-in, sessions, tokens and API keys."""

from storekeeper.access.api import ROUTES as API_ROUTES
from storekeeper.access.api import people_only
from storekeeper.access.model import Scope, User, actor_of
from storekeeper.access.pages import ROUTES as PAGE_ROUTES
from storekeeper.access.service import AccessService

ROUTES = [*API_ROUTES, *PAGE_ROUTES]

__all__ = ["ROUTES", "AccessService", "Scope", "User", "actor_of", "people_only"]
