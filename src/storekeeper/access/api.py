"""JSON routes of sign-in, users and API keys."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from storekeeper.access.model import (
    ApiKey,
    ApiKeyPage,
    LimitReachedError,
    Scope,
    TokenPair,
    User,
    UserPage,
    WrongCredentialsError,
    actor_of,
)
from storekeeper.access.service import AccessService
from storekeeper.infra.web import Access, Principal, Role, delete, get, patch, post, problems, put
from storekeeper.kernel.errors import NotAllowedError

AnyRequest = Request[Any, Any, Any]
AnyConnection = ASGIConnection[Any, Any, Any, Any]
Service = NamedDependency[AccessService]


class Credentials(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    email: str
    password: str


class RefreshRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    refresh_token: str


class Me(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The caller, and by what it is known: session, token or key."""

    id: str
    email: str
    role: Role
    via: str


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    current: str
    new: str


class NewUser(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    email: str
    role: Role
    password: str = ""


class UserChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    role: Role | None = None
    disabled: bool | None = None


class CreatedUser(User, frozen=True, kw_only=True, rename="camel"):
    """`generatedPassword` is there when none was given, this once."""

    generated_password: str | msgspec.UnsetType = msgspec.UNSET


class MadePassword(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    password: str


class NewToken(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    scopes: list[Scope]
    expires_in_days: int | None = None
    buckets: list[str] = []


class CreatedToken(ApiKey, frozen=True, kw_only=True, rename="camel"):
    """`secret` is what the program sends as its bearer; it is shown this once."""

    secret: str


def caller(request: AnyRequest) -> Principal:
    """The guard has made sure that there is one."""
    principal: Principal = request.scope["user"]
    return principal


def people_only(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """A guard against API keys: a leaked key must not take over its owner's account."""
    principal: Principal | None = connection.scope["user"]
    if principal and principal.via in ("key", "application"):
        raise NotAllowedError(
            "Only a person who signed in here can do this.", hint="Sign in with the password."
        )


def address_of(request: AnyRequest, access: AccessService) -> str:
    peer = request.client.host if request.client else ""
    return access.client_address(peer, ",".join(request.headers.getall("x-forwarded-for", [])))


# Sign-in of programs


@post(
    "/api/auth/token",
    access=Access.PUBLIC,
    status_code=200,
    tags=["Sign-in"],
    summary="Tokens for a password",
)
def create_token_pair(
    request: AnyRequest, access: Service, data: JSONBody[Credentials]
) -> Response[TokenPair]:
    """Failed attempts are limited by account and by address; see the `RateLimit` headers."""
    address = address_of(request, access)
    answer: Response[Any]
    try:
        answer = Response(access.sign_in.start_tokens(data.email, data.password, address=address))
    except (WrongCredentialsError, LimitReachedError) as error:
        answer = problems.handle_known(request, error)
    answer.headers |= access.sign_in.allowance(data.email, address) | {"Cache-Control": "no-store"}
    return answer


@post("/api/auth/refresh", access=Access.PUBLIC, status_code=200, tags=["Sign-in"], summary="The next tokens")
def refresh_token_pair(access: Service, data: JSONBody[RefreshRequest]) -> Response[TokenPair]:
    """The refresh token presented is used up; presenting it again after 30 seconds ends the whole family."""
    return Response(access.sessions.refresh(data.refresh_token), headers={"Cache-Control": "no-store"})


@post("/api/auth/logout", access=Access.PUBLIC, status_code=204, tags=["Sign-in"], summary="Sign out")
def end_token_family(access: Service, data: JSONBody[RefreshRequest]) -> None:
    """Ends the refresh token and all of its family. Access tokens end by themselves within 10 minutes."""
    access.sessions.end_family(data.refresh_token)


# Oneself


@get("/api/me", access=Access.OWN, tags=["Users"], summary="Who am I")
def get_me(request: AnyRequest) -> Me:
    principal = caller(request)
    return Me(id=principal.id, email=principal.email, role=principal.role, via=principal.via)


@put(
    "/api/me/password",
    access=Access.OWN,
    guards=[people_only],
    status_code=204,
    tags=["Users"],
    summary="Change the own password",
)
def change_own_password(request: AnyRequest, access: Service, data: JSONBody[PasswordChange]) -> None:
    """Ends all other sessions and all tokens, the caller's included."""
    principal = caller(request)
    access.users.change_own_password(principal.id, data.current, data.new, but_session=principal.session_id)


# Users


@get("/api/users", access=Access.ADMIN, tags=["Users"], summary="List users")
def list_users(
    access: Service, q: FromQuery[str] = "", cursor: FromQuery[str] = "", limit: FromQuery[int] = 100
) -> UserPage:
    """In order of creation; `q` is part of the email address."""
    return access.users.page(containing=q, cursor=cursor, limit=limit)


@post("/api/users", access=Access.ADMIN, tags=["Users"], summary="Add a user")
def create_user(request: AnyRequest, access: Service, data: JSONBody[NewUser]) -> CreatedUser:
    """Without a password one is made up and returned, this once."""
    user, made = access.users.create(data.email, data.role, data.password, actor=actor_of(caller(request)))
    return CreatedUser(**msgspec.structs.asdict(user), generated_password=made or msgspec.UNSET)


@get("/api/users/{user:str}", access=Access.ADMIN, tags=["Users"], summary="Show a user")
def get_user(access: Service, user: FromPath[str]) -> User:
    """By id or email address."""
    return access.users.get(user)


@patch(
    "/api/users/{user:str}",
    access=Access.ADMIN,
    tags=["Users"],
    summary="Change a user's role, disable or enable",
)
def change_user(
    request: AnyRequest, access: Service, user: FromPath[str], data: JSONBody[UserChange]
) -> User:
    """Takes effect with the next request of that user."""
    return access.users.change(user, role=data.role, disabled=data.disabled, actor=actor_of(caller(request)))


@post(
    "/api/users/{user:str}/reset-password",
    access=Access.ADMIN,
    guards=[people_only],
    status_code=200,
    tags=["Users"],
    summary="Make a new password for a user",
)
def reset_user_password(request: AnyRequest, access: Service, user: FromPath[str]) -> MadePassword:
    """Ends all sign-ins of that user. The password is returned this once."""
    _, password = access.users.reset_password(user, actor=actor_of(caller(request)))
    return MadePassword(password=password)


# API keys


@get("/api/tokens", access=Access.ADMIN, tags=["API keys"], summary="List API keys")
def list_tokens(access: Service, cursor: FromQuery[str] = "", limit: FromQuery[int] = 100) -> ApiKeyPage:
    """In order of creation, without their secrets."""
    return access.keys.page(cursor=cursor, limit=limit)


@post("/api/tokens", access=Access.ADMIN, tags=["API keys"], summary="Make an API key")
def create_token(request: AnyRequest, access: Service, data: JSONBody[NewToken]) -> CreatedToken:
    """It acts for the caller, within its scopes and never beyond the caller's present role."""
    principal = caller(request)
    key, secret = access.keys.create(
        data.name,
        data.scopes,
        owner=principal.email,
        actor=actor_of(principal),
        expires_in_days=data.expires_in_days,
        buckets=data.buckets,
    )
    return CreatedToken(**msgspec.structs.asdict(key), secret=secret)


@delete("/api/tokens/{token_id:str}", access=Access.ADMIN, tags=["API keys"], summary="Revoke an API key")
def revoke_token(request: AnyRequest, access: Service, token_id: FromPath[str]) -> None:
    """Takes effect with the next request."""
    access.keys.revoke(token_id, actor=actor_of(caller(request)))


ROUTES = [
    create_token_pair,
    refresh_token_pair,
    end_token_family,
    get_me,
    change_own_password,
    list_users,
    create_user,
    get_user,
    change_user,
    reset_user_password,
    list_tokens,
    create_token,
    revoke_token,
]
