"""One's own account: password and sessions."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response
from litestar.params import FromPath, URLEncodedBody

from storekeeper.access.api import AnyRequest, PasswordChange, Service, caller, people_only
from storekeeper.access.pages.forms import field_errors
from storekeeper.access.service import AccessService
from storekeeper.infra.web import Access, get, post, render, see_other
from storekeeper.kernel.errors import StorekeeperError


@get("/settings", access=Access.OWN, include_in_schema=False)
def settings_page() -> Response[Any]:
    return see_other("/settings/me")


@get("/settings/me", access=Access.OWN, include_in_schema=False)
def me_page(request: AnyRequest, access: Service) -> Response[Any]:
    return _page(request, access)


@post(
    "/settings/me/password", access=Access.OWN, guards=[people_only], status_code=200, include_in_schema=False
)
def own_password_form(
    request: AnyRequest, access: Service, data: URLEncodedBody[PasswordChange]
) -> Response[Any]:
    principal = caller(request)
    try:
        access.users.change_own_password(
            principal.id, data.current, data.new, but_session=principal.session_id
        )
    except StorekeeperError as error:
        return _page(request, access, errors=field_errors(error, otherwise="current"), status=error.status)
    return see_other("/settings/me", "The password is changed. Your other sessions are signed out.")


@post(
    "/settings/me/sessions/{session_id:str}/end",
    access=Access.OWN,
    guards=[people_only],
    status_code=200,
    include_in_schema=False,
)
def end_session_form(request: AnyRequest, access: Service, session_id: FromPath[str]) -> Response[Any]:
    principal = caller(request)
    access.sessions.end_session(principal.id, session_id, email=principal.email)
    return see_other("/settings/me", "That session is signed out.")


def _page(
    request: AnyRequest, access: AccessService, *, errors: Mapping[str, str] | None = None, status: int = 200
) -> Response[Any]:
    principal = caller(request)
    account = access.users.get(principal.email)
    sessions = [
        msgspec.structs.asdict(session) | {"current": session.id == principal.session_id}
        for session in access.sessions.of_user(account.id)
    ]
    return render(
        request,
        "access/me.html",
        status=status,
        title="Settings",
        tab="me",
        account=account,
        sessions=sessions,
        errors=errors or {},
    )


ROUTES = [settings_page, me_page, own_password_form, end_session_form]
