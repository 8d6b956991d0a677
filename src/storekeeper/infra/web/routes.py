"""Route decorators that insist on a declared access level and run plain functions in the thread pool."""

import hmac
import inspect
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial, wraps
from typing import Any, Protocol

import anyio.to_thread
import litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from storekeeper.infra.once import one_read
from storekeeper.infra.web import openapi
from storekeeper.infra.web.principal import Access, check
from storekeeper.kernel.errors import NotAllowedError

_WRITING = frozenset({"admin", "ingest", "probe"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Declare(Protocol):
    """A route decorator that can not be used without an access level."""

    def __call__(
        self, path: str, *, access: Access, **options: Any
    ) -> Callable[[Callable[..., Any]], litestar.handlers.HTTPRouteHandler]: ...


def _declared(method: Callable[..., Any]) -> Declare:
    def decorator(
        path: str, *, access: Access, **options: Any
    ) -> Callable[[Callable[..., Any]], litestar.handlers.HTTPRouteHandler]:
        def wrap(function: Callable[..., Any]) -> litestar.handlers.HTTPRouteHandler:
            options.setdefault("operation_id", function.__name__)
            options.setdefault("operation_class", openapi.Described)
            if access is Access.PUBLIC:
                options.setdefault("security", [{}])
            writes = method is not litestar.get
            options["responses"] = openapi.problems(access, writes=writes) | options.get("responses", {})
            called = (
                function if inspect.iscoroutinefunction(function) else _in_thread(function, writes=writes)
            )
            handler: litestar.handlers.HTTPRouteHandler = method(path, access=access, **options)(called)
            return handler

        return wrap

    return decorator


def _in_thread(function: Callable[..., Any], *, writes: bool) -> Callable[..., Any]:
    """Litestar's own `sync_to_thread` wraps a handler twice where two methods share a path (seen with 2.25)."""

    @wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        with nullcontext() if writes else one_read():
            return await anyio.to_thread.run_sync(partial(function, *args, **kwargs))

    return call


get = _declared(litestar.get)
post = _declared(litestar.post)
put = _declared(litestar.put)
patch = _declared(litestar.patch)
delete = _declared(litestar.delete)


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The one guard of the whole application: access level, then forgery protection for sessions."""
    if "access" not in handler.opt:
        raise NotAllowedError(f"{handler} declares no access level.")
    access = Access(handler.opt["access"])
    principal = connection.scope.get("user")
    if access is Access.METRICS and _is_open_metrics(connection):
        return
    check(principal, access)
    if access is Access.PUBLIC and (principal is None or principal.via != "session"):
        return
    unsafe = str(connection.scope.get("method")) not in _SAFE
    if principal and principal.via == "key" and unsafe and not principal.scopes & _WRITING:
        raise NotAllowedError("The API key may only read.", hint="Use a key with the scope admin.")
    if principal and principal.via == "session" and unsafe:
        await _refuse_forgery(connection, principal.csrf_token)


def _is_open_metrics(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    key = connection.app.state.get("metrics_key", "")
    if key:
        return _same(connection.headers.get("authorization", ""), f"Bearer {key}")
    forwarded = "x-forwarded-for" in connection.headers or "forwarded" in connection.headers
    client = connection.client
    return client is not None and client.host in ("127.0.0.1", "::1") and not forwarded


async def _refuse_forgery(connection: ASGIConnection[Any, Any, Any, Any], expected: str) -> None:
    """Fetch-Metadata, Origin as fallback, and the session's own token."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise NotAllowedError("The request came from another site.")
    origin = connection.headers.get("origin")
    if site is None and origin is not None and origin.split("://")[-1] != connection.headers.get("host"):
        raise NotAllowedError("The request came from another origin.")
    token = connection.headers.get("x-csrf-token", "")
    if not token and connection.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        token = (await litestar.Request(connection.scope, connection.receive, connection.send).form()).get(
            "csrf_token", ""
        )
    if not expected or not _same(str(token), expected):
        raise NotAllowedError(
            "The form is stale or was not sent from a page of this server.",
            hint="Reload the page and try again.",
        )


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())
