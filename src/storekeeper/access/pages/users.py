"""The people who may sign in, for admins."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response
from litestar.params import FromPath, FromQuery, URLEncodedBody

from storekeeper.access.api import AnyRequest, Service, caller
from storekeeper.access.model import LastAdminError, actor_of
from storekeeper.access.pages.forms import ROWS, field_errors, paging
from storekeeper.access.service import AccessService
from storekeeper.infra.web import Access, Role, get, post, render, see_other
from storekeeper.kernel.errors import StorekeeperError

HERE = "/settings/users"
_ROLES = [
    {"value": Role.READONLY, "label": "readonly: sees everything"},
    {"value": Role.USER, "label": "user: sees their own data"},
    {"value": Role.ADMIN, "label": "admin: may do everything"},
]


class NewUserForm(msgspec.Struct, frozen=True):
    email: str
    role: Role


class RoleForm(msgspec.Struct, frozen=True):
    role: Role


@get(HERE, access=Access.ADMIN, include_in_schema=False)
def users_page(
    request: AnyRequest,
    access: Service,
    q: FromQuery[str] = "",
    sort: FromQuery[str] = "email",
    cursor: FromQuery[str] = "",
) -> Response[Any]:
    return _page(request, access, q=q, sort=sort, cursor=cursor)


@post(HERE, access=Access.ADMIN, status_code=200, include_in_schema=False)
def new_user_form(request: AnyRequest, access: Service, data: URLEncodedBody[NewUserForm]) -> Response[Any]:
    """Answers with the page itself: the password is shown here and stored nowhere."""
    try:
        user, password = access.users.create(data.email, data.role, actor=actor_of(caller(request)))
    except StorekeeperError as error:
        values = {"email": data.email, "role": data.role}
        errors = field_errors(error, otherwise="email")
        return _page(request, access, values=values, errors=errors, status=error.status)
    return _page(request, access, made={"email": user.email, "password": password or ""})


@post(HERE + "/{user:str}/reset-password", access=Access.ADMIN, status_code=200, include_in_schema=False)
def reset_password_form(request: AnyRequest, access: Service, user: FromPath[str]) -> Response[Any]:
    """Answers with the page itself: the password is shown here and stored nowhere."""
    changed, password = access.users.reset_password(user, actor=actor_of(caller(request)))
    return _page(request, access, made={"email": changed.email, "password": password})


@post(HERE + "/{user:str}/role", access=Access.ADMIN, status_code=200, include_in_schema=False)
def user_role_form(
    request: AnyRequest, access: Service, user: FromPath[str], data: URLEncodedBody[RoleForm]
) -> Response[Any]:
    return _changed(request, access, user, role=data.role)


@post(HERE + "/{user:str}/disable", access=Access.ADMIN, status_code=200, include_in_schema=False)
def disable_user_form(request: AnyRequest, access: Service, user: FromPath[str]) -> Response[Any]:
    return _changed(request, access, user, disabled=True)


@post(HERE + "/{user:str}/enable", access=Access.ADMIN, status_code=200, include_in_schema=False)
def enable_user_form(request: AnyRequest, access: Service, user: FromPath[str]) -> Response[Any]:
    return _changed(request, access, user, disabled=False)


def _changed(
    request: AnyRequest,
    access: AccessService,
    user: str,
    *,
    role: Role | None = None,
    disabled: bool | None = None,
) -> Response[Any]:
    try:
        changed = access.users.change(user, role=role, disabled=disabled, actor=actor_of(caller(request)))
    except LastAdminError as error:
        return see_other(HERE, f"{error.detail} {error.hint}", tone="bad")
    state = "disabled" if changed.disabled else changed.role
    return see_other(HERE, f"{changed.email} is {state} from now on.")


def _page(
    request: AnyRequest,
    access: AccessService,
    *,
    q: str = "",
    sort: str = "email",
    cursor: str = "",
    values: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    made: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response[Any]:
    page = access.users.page(containing=q, sort=sort, cursor=cursor, limit=ROWS)
    me = caller(request).email
    return render(
        request,
        "access/users.html",
        status=status,
        title="Settings",
        tab="users",
        sort=sort,
        filter=q,
        paging=paging(cursor, len(page.items), page.next_cursor),
        users=[msgspec.structs.asdict(user) | {"is_self": user.email == me} for user in page.items],
        roles=_ROLES,
        values=values or {"email": "", "role": Role.READONLY},
        errors=errors or {},
        made=made,
    )


ROUTES = [
    users_page,
    new_user_form,
    reset_password_form,
    user_role_form,
    disable_user_form,
    enable_user_form,
]
