"""Puts routes, error handling, authentication and headers together into one ASGI application."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ASGIApp

from storekeeper.infra.web import problems
from storekeeper.infra.web.answers import Answers
from storekeeper.infra.web.envelope import SESSION_COOKIE, Authenticator, authentication, envelope
from storekeeper.infra.web.pages import Pages, asset
from storekeeper.infra.web.principal import Access
from storekeeper.infra.web.routes import guard
from storekeeper.infra.web.shortcut import Shortcut, posted
from storekeeper.kernel.errors import StorekeeperError

MAX_BODY = 10 * 1024 * 1024
_EFFORT = 3  # of 9: the most took 14 ms for what this takes 2 and makes a tenth larger


class WebOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between installations."""

    version: str
    secure: bool = False  # reached by HTTPS
    metrics_key: str = ""


def create(
    *,
    routes: Sequence[HTTPRouteHandler],
    services: Mapping[str, Any],
    pages: Pages,
    authenticator: Authenticator,
    options: WebOptions,
    shortcuts: Sequence[Shortcut] = (),
    answers: Answers | None = None,
    on_startup: Sequence[Callable[..., Any]] = (),
    on_shutdown: Sequence[Callable[..., Any]] = (),
) -> ASGIApp:
    """The application. `services` are handed to handlers by parameter name; `answers` hears of each answer."""
    litestar = Litestar(
        route_handlers=[*routes, asset],
        dependencies={name: _given(service) for name, service in services.items()},
        guards=[guard],
        middleware=[_as_litestar_middleware(authentication(authenticator))],
        exception_handlers={
            StorekeeperError: problems.handle_known,
            HTTPException: problems.handle_http,
            Exception: problems.handle_unknown,
        },
        openapi_config=_openapi(options.version),
        compression_config=CompressionConfig(
            backend="gzip",
            gzip_compress_level=_EFFORT,
            minimum_size=1000,
            exclude=["/assets/", "/events", "/api/operations$"],
        ),
        request_max_body_size=MAX_BODY,
        state=State({"pages": pages, "metrics_key": options.metrics_key}),
        on_startup=list(on_startup),
        on_shutdown=list(on_shutdown),
    )
    application: ASGIApp = litestar
    for one in shortcuts:
        application = posted(one, authenticator)(application)
    return envelope(secure=options.secure, answers=answers)(application)


def _given(service: Any) -> Provide:
    def provide() -> Any:
        return service

    return Provide(provide, sync_to_thread=False, use_cache=True)


def _as_litestar_middleware(wrap: Callable[[ASGIApp], ASGIApp]) -> Callable[..., ASGIApp]:
    def middleware(app: ASGIApp) -> ASGIApp:
        return wrap(app)

    return middleware


def _openapi(version: str) -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Storekeeper",
        version=version,
        openapi_router=Router(
            path="/schema", route_handlers=[], opt={"access": Access.PUBLIC}, include_in_schema=False
        ),
        render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],
        security=[{"session": []}, {"bearer": []}],
        components=Components(
            security_schemes={
                "session": SecurityScheme(type="apiKey", name=SESSION_COOKIE, security_scheme_in="cookie"),
                "bearer": SecurityScheme(
                    type="http", scheme="bearer", description="Access token or API key."
                ),
            }
        ),
    )
