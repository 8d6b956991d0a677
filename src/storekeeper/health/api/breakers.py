"""JSON routes of circuit breakers, and the events that applications follow."""

import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Any

import anyio
import anyio.to_thread
import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import ServerSentEvent, ServerSentEventMessage

from storekeeper.access import actor_of
from storekeeper.health.api.checks import TAGS, Service, checked_cursor
from storekeeper.health.model import (
    BreakerAction,
    BreakerEvent,
    BreakerOrder,
    BreakerView,
    TransitionPage,
)
from storekeeper.health.service import HealthService
from storekeeper.infra.web import Access, get, openapi, post
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import BadInputError
from storekeeper_client.breaker import Mode

WebRequest = Request[Any, Any, Any]
Reason = Annotated[str, msgspec.Meta(max_length=500)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
MOST_LISTED = 1000
_PATH = "/api/health/circuit-breaker"
_POLL_SECONDS = 0.5
_QUIET_SECONDS = 10.0  # clients count on a sign of life every 15
_MOST_SECONDS = 86_400
_ACTIONS = {
    Mode.AUTOMATIC: BreakerAction.AUTOMATIC,
    Mode.DISABLED: BreakerAction.DISABLE,
    Mode.METRICS_ONLY: BreakerAction.METRICS_ONLY,
    Mode.FORCED_OPEN: BreakerAction.FORCE_OPEN,
}


class CloseOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    bucket: str
    reason: Reason = ""


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """`seconds` is how long, the usual time when not given."""

    bucket: str
    reason: Reason
    seconds: Seconds | None = None


class ModeOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """`forced-open` needs a reason, and may be limited to `seconds`."""

    bucket: str
    mode: Mode
    reason: Reason = ""
    seconds: Seconds | None = None


class BreakerList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[BreakerView]
    next_cursor: str | None = None


@get(_PATH, access=Access.READ, tags=TAGS, summary="The breakers of all buckets, or of one")
def list_breakers(health: Service, bucket: FromQuery[str] = "") -> BreakerList:
    return BreakerList(items=[health.breakers.get(bucket)] if bucket else health.breakers.all())


@get(f"{_PATH}/{{name:str}}", access=Access.READ, tags=TAGS, summary="A bucket's breaker")
def show_breaker(name: FromPath[str], health: Service) -> BreakerView:
    return health.breakers.get(name)


@get(f"{_PATH}/transitions", access=Access.READ, tags=TAGS, summary="What breakers did, and why")
def list_transitions(
    health: Service, bucket: FromQuery[str] = "", cursor: FromQuery[str] = "", limit: FromQuery[int] = 100
) -> TransitionPage:
    """Newest first."""
    limit = max(1, min(limit, MOST_LISTED))
    return health.breakers.transitions(bucket=bucket, cursor=checked_cursor(cursor), limit=limit)


@post(f"{_PATH}/reset", access=Access.ADMIN, tags=TAGS, status_code=200, summary="Reset a breaker")
def reset_breaker(data: JSONBody[CloseOrder], request: WebRequest, health: Service) -> BreakerView:
    """It closes, decides by itself again, and forgets what was."""
    return _act(request, health, data.bucket, BreakerAction.RESET, data.reason)


@post(f"{_PATH}/open", access=Access.ADMIN, tags=TAGS, status_code=200, summary="Open a breaker")
def open_breaker(data: JSONBody[OpenOrder], request: WebRequest, health: Service) -> BreakerView:
    """For a while; then checks decide."""
    reason = _told(data.reason)
    return _act(request, health, data.bucket, BreakerAction.OPEN, reason, data.seconds)


@post(f"{_PATH}/close", access=Access.ADMIN, tags=TAGS, status_code=200, summary="Close a breaker")
def close_breaker(data: JSONBody[CloseOrder], request: WebRequest, health: Service) -> BreakerView:
    """It decides by itself again: a bucket that still fails opens it anew."""
    return _act(request, health, data.bucket, BreakerAction.CLOSE, data.reason)


@post(f"{_PATH}/mode", access=Access.ADMIN, tags=TAGS, status_code=200, summary="Set a breaker's mode")
def set_breaker_mode(data: JSONBody[ModeOrder], request: WebRequest, health: Service) -> BreakerView:
    """`automatic`, `disabled` (all pass), `metrics-only` (all pass, and are counted) or `forced-open` (nothing passes)."""
    forced = data.mode is Mode.FORCED_OPEN
    if data.seconds is not None and not forced:
        raise BadInputError("seconds: only forced-open ends by itself.")
    reason = _told(data.reason) if forced else data.reason
    return _act(request, health, data.bucket, _ACTIONS[data.mode], reason, data.seconds)


@get(
    f"{_PATH}/events",
    access=Access.READ,
    tags=TAGS,
    summary="Breakers as Server-Sent Events: `breaker` for each bucket, then for each change",
    operation_class=openapi.Events,
)
async def watch_breakers(
    health: Service,
    clock: NamedDependency[Clock],
    stopping: NamedDependency[threading.Event],
    seconds: FromQuery[int | None] = None,
) -> ServerSentEvent:
    """Until the server stops, or for that many seconds; 0 is once. `now` is the server's time, to go with `until`."""
    if seconds is not None and not 0 <= seconds <= _MOST_SECONDS:
        raise BadInputError(f"seconds: not between 0 and {_MOST_SECONDS}")
    end = None if seconds is None else clock.monotonic() + seconds

    def is_over() -> bool:
        return stopping.is_set() or (end is not None and clock.monotonic() >= end)

    return ServerSentEvent(_events(health, clock, is_over))


async def _events(
    health: HealthService, clock: Clock, is_over: Callable[[], bool]
) -> AsyncIterator[ServerSentEventMessage]:
    number, spoken = 0, float("-inf")
    while True:
        events, number = await anyio.to_thread.run_sync(health.breakers.events, number)
        if events or clock.monotonic() - spoken >= _QUIET_SECONDS:
            spoken = clock.monotonic()
            for event in events:
                yield _message(event)
            if not events:
                yield ServerSentEventMessage(data=None, comment="nothing new")
        if is_over():
            return
        await anyio.sleep(_POLL_SECONDS)


def _message(event: BreakerEvent) -> ServerSentEventMessage:
    return ServerSentEventMessage(event="breaker", data=msgspec.json.encode(event).decode())


def _told(reason: str) -> str:
    if not reason.strip():
        raise BadInputError("reason: say why the bucket's calls are to be refused.")
    return reason


def _act(
    request: WebRequest,
    health: HealthService,
    bucket: str,
    action: BreakerAction,
    reason: str,
    seconds: float | None = None,
) -> BreakerView:
    order = BreakerOrder(action=action, reason=reason.strip(), seconds=seconds)
    return health.breakers.act(bucket, order, actor=actor_of(request.scope["user"]))


ROUTES = [
    list_breakers,
    list_transitions,
    watch_breakers,
    show_breaker,
    reset_breaker,
    open_breaker,
    close_breaker,
    set_breaker_mode,
]
