"""Keys for programs, for admins."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from storekeeper.access.api import AnyRequest, Service, caller
from storekeeper.access.model import ApiKey, Scope, actor_of
from storekeeper.access.pages.forms import ROWS, field_errors, paging
from storekeeper.access.rules import credentials as rules
from storekeeper.access.service import AccessService
from storekeeper.infra.web import Access, get, post, render, see_other
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError

HERE = "/settings/tokens"
_SCOPES = {
    Scope.READ: "sees everything",
    Scope.ADMIN: "changes everything",
    Scope.INGEST: "reports operations",
    Scope.METRICS: "reads /metrics",
    Scope.PROBE: "checks buckets from another place",
}
_EXPIRIES = [
    {"value": "30", "label": "in 30 days"},
    {"value": "90", "label": "in 90 days"},
    {"value": "365", "label": "in a year"},
    {"value": "", "label": "never"},
]


class NewTokenForm(msgspec.Struct, frozen=True):
    name: str = ""
    expires: str = ""
    buckets: str = ""
    scopes: list[Scope] | Scope = []  # one checkbox alone comes without a list

    @property
    def chosen(self) -> list[Scope]:
        return [self.scopes] if isinstance(self.scopes, Scope) else self.scopes


@get(HERE, access=Access.ADMIN, include_in_schema=False)
def tokens_page(
    request: AnyRequest,
    access: Service,
    clock: NamedDependency[Clock],
    sort: FromQuery[str] = "name",
    cursor: FromQuery[str] = "",
) -> Response[Any]:
    return _page(request, access, clock, sort=sort, cursor=cursor)


@post(HERE, access=Access.ADMIN, status_code=200, include_in_schema=False)
def new_token_form(
    request: AnyRequest, access: Service, clock: NamedDependency[Clock], data: URLEncodedBody[NewTokenForm]
) -> Response[Any]:
    """Answers with the page itself: the secret is shown here and stored nowhere."""
    principal = caller(request)
    try:
        key, secret = access.keys.create(
            data.name,
            data.chosen,
            owner=principal.email,
            actor=actor_of(principal),
            expires_in_days=int(data.expires) if data.expires.isdecimal() else None,
            buckets=[name.strip() for name in data.buckets.split(",") if name.strip()],
        )
    except StorekeeperError as error:
        errors = field_errors(error, otherwise="name")
        return _page(request, access, clock, form=data, errors=errors, status=error.status)
    return _page(request, access, clock, made={"name": key.name, "secret": secret})


@post(HERE + "/{token_id:str}/revoke", access=Access.ADMIN, status_code=200, include_in_schema=False)
def revoke_token_form(request: AnyRequest, access: Service, token_id: FromPath[str]) -> Response[Any]:
    access.keys.revoke(token_id, actor=actor_of(caller(request)))
    return see_other(HERE, "The key is revoked.")


def _page(
    request: AnyRequest,
    access: AccessService,
    clock: Clock,
    *,
    sort: str = "name",
    cursor: str = "",
    form: NewTokenForm | None = None,
    errors: Mapping[str, str] | None = None,
    made: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response[Any]:
    page = access.keys.page(sort=sort, cursor=cursor, limit=ROWS)
    form = form or NewTokenForm(expires="90", scopes=[Scope.READ])
    return render(
        request,
        "access/tokens.html",
        status=status,
        title="Settings",
        tab="tokens",
        sort=sort,
        paging=paging(cursor, len(page.items), page.next_cursor),
        tokens=[_shown(key, clock.now()) for key in page.items],
        values=form,
        errors=errors or {},
        scopes=[
            {"value": scope, "label": label, "checked": scope in form.chosen}
            for scope, label in _SCOPES.items()
        ],
        expiries=_EXPIRIES,
        made=made,
    )


def _shown(key: ApiKey, now: datetime) -> dict[str, Any]:
    holds = rules.key_holds(expires_at=key.expires_at, now=now)
    return msgspec.structs.asdict(key) | {
        "mark": f"sk_…{key.id[-8:]}",  # ids begin with the time, so their ends tell them apart
        "state": "active" if holds else "expired",
        "tone": "good" if holds else "neutral",
    }


ROUTES = [tokens_page, new_token_form, revoke_token_form]
