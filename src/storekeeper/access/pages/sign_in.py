"""Sign in and out."""

from typing import Any

import msgspec
from litestar import Response
from litestar.params import FromQuery, URLEncodedBody

from storekeeper.access.api import AnyRequest, Service, address_of
from storekeeper.access.model import LimitReachedError, WrongCredentialsError
from storekeeper.access.rules import credentials as rules
from storekeeper.infra.web import SESSION_COOKIE, Access, Principal, get, post, render, see_other
from storekeeper.kernel.errors import NotAllowedError, StorekeeperError


class SignInForm(msgspec.Struct, frozen=True):
    email: str
    password: str
    next: str = "/"


@get("/sign-in", access=Access.PUBLIC, include_in_schema=False)
def sign_in_page(request: AnyRequest, next_path: FromQuery[str] = "/") -> Response[Any]:
    target = rules.local_path(request.query_params.get("next", next_path))
    if request.scope["user"]:
        return see_other(target)
    return _form(request, email="", target=target)


@post("/sign-in", access=Access.PUBLIC, status_code=200, include_in_schema=False)
def sign_in_form(request: AnyRequest, access: Service, data: URLEncodedBody[SignInForm]) -> Response[Any]:
    _refuse_other_sites(request)
    before: Principal | None = request.scope["user"]
    target, address = rules.local_path(data.next), address_of(request, access)
    answer: Response[Any]
    try:
        cookie = access.sign_in.start_session(
            data.email,
            data.password,
            address=address,
            browser=request.headers.get("user-agent", ""),
            replacing=before.session_id if before else "",
        )
    except (WrongCredentialsError, LimitReachedError) as error:
        answer = _form(request, email=data.email, target=target, error=error)
    else:
        answer = see_other(target)
        _set_cookie(answer, cookie, max_age=int(rules.SESSION_LIFE.total_seconds()))
    answer.headers |= access.sign_in.allowance(data.email, address)
    return answer


@post("/sign-out", access=Access.PUBLIC, status_code=200, include_in_schema=False)
def sign_out_form(request: AnyRequest, access: Service) -> Response[Any]:
    principal: Principal | None = request.scope["user"]
    if principal and principal.session_id:
        access.sessions.end_session(principal.id, principal.session_id, email=principal.email)
    answer = see_other("/sign-in")
    _set_cookie(answer, "", max_age=0)
    return answer


def _form(
    request: AnyRequest, *, email: str, target: str, error: StorekeeperError | None = None
) -> Response[Any]:
    page = render(
        request,
        "access/sign_in.html",
        title="Sign in",
        email=email,
        next=target,
        problem=error,
    )
    if error and error.retry_after is not None:
        page.headers["Retry-After"] = f"{error.retry_after:.0f}"
    return page


def _refuse_other_sites(request: AnyRequest) -> None:
    """Another site must not sign its visitors in as someone else. There is no session yet to bind a token to."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise NotAllowedError("The form was sent from another site.")


def _set_cookie(answer: Response[Any], value: str, *, max_age: int) -> None:
    answer.set_cookie(
        SESSION_COOKIE, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="lax"
    )  # fmt: skip


ROUTES = [sign_in_page, sign_in_form, sign_out_form]
