"""What every answer carries: request id, security headers, Server-Timing; and who is asking, found once."""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import anyio.to_thread
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from storekeeper.infra import telemetry, timing
from storekeeper.infra.web.answers import Answers
from storekeeper.infra.web.principal import Principal

log = structlog.get_logger("web")
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
SESSION_COOKIE = "__Host-session"
_FIXED = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_NO_FRAMES = (b"x-frame-options", b"DENY")
_ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {frames}"
)
EMBEDDABLE = "embeddable"  # in the scope of a page that other sites may show in a frame


class Authenticator(Protocol):
    """Finds out who is asking; access implements it."""

    def authenticate(self, *, authorization: str, session_cookie: str) -> Principal | None:
        """The caller, or None for nobody in particular. Raises NotSignedInError for credentials that are wrong."""

    def recall(self, authorization: str, session_cookie: str = "") -> Principal | None:
        """The caller, if it was found out by the same words a moment ago. Never waits for anything."""


def envelope(*, secure: bool, answers: Answers | None = None) -> Callable[[ASGIApp], ASGIApp]:
    """Middleware around the whole application. `secure` adds HSTS, for servers reached by HTTPS."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            begun = time.perf_counter()
            spent = timing.start()
            fields: dict[str, Any] = scope  # type: ignore[assignment] # a scope is a dict that we may add to
            request_id = fields["request_id"] = _request_id(scope)
            fields["nonce"] = secrets.token_urlsafe(16)
            status = 500
            structlog.contextvars.bind_contextvars(request_id=request_id)

            async def finish(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    seconds = time.perf_counter() - begun
                    if answers:
                        answers.note(status, seconds)
                    message["headers"] = [
                        *message["headers"],
                        *_headers(fields, spent, seconds, secure=secure),
                    ]
                await send(message)

            try:
                await app(scope, receive, finish)
            finally:
                _account(scope, status, time.perf_counter() - begun)
                structlog.contextvars.unbind_contextvars("request_id")

        return handle

    return wrap


def _headers(
    fields: Mapping[str, Any], spent: dict[str, float], seconds: float, *, secure: bool
) -> list[tuple[bytes, bytes]]:
    """Plain pairs: every answer has them, and nobody else writes them."""
    embeddable = fields.get(EMBEDDABLE)
    policy = _POLICY.format(nonce=fields["nonce"], frames="*" if embeddable else "'none'")
    return [
        *_FIXED,
        *(() if embeddable else (_NO_FRAMES,)),
        *((_ONLY_HTTPS,) if secure else ()),
        (b"content-security-policy", policy.encode()),
        (b"x-request-id", fields["request_id"].encode()),
        (b"server-timing", timing.header(spent, seconds).encode()),
    ]


def authentication(authenticator: Authenticator) -> Callable[[ASGIApp], ASGIApp]:
    """Middleware inside the error handling: puts the caller, or None, into `scope["user"]`."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == ScopeType.HTTP:
                authorization, cookie = _credentials(scope)
                scope["user"] = None
                if authorization or cookie:
                    scope["user"] = authenticator.recall(
                        authorization, cookie
                    ) or await anyio.to_thread.run_sync(
                        lambda: authenticator.authenticate(authorization=authorization, session_cookie=cookie)
                    )
            await app(scope, receive, send)

        return handle

    return wrap


def _credentials(scope: Scope) -> tuple[str, str]:
    authorization = cookie = ""
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorization = value.decode("latin-1")
        elif name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, _, content = part.strip().partition("=")
                if key == SESSION_COOKIE:
                    cookie = content
    return authorization, cookie


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN_ID.fullmatch(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return secrets.token_hex(8)


def _account(scope: Scope, status: int, seconds: float) -> None:
    method = str(scope.get("method"))
    route = str(scope.get("path_template") or "unknown")
    telemetry.http_requests.labels(method, route, str(status)).inc()
    telemetry.http_seconds.labels(route).observe(seconds)
    level = log.warning if status >= 500 else log.debug
    level("answered", method=method, path=scope["path"], status=status, ms=round(seconds * 1000, 1))
