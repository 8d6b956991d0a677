"""JSON routes that read: usage, performance, activity, single operations as a file."""

import threading
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Annotated, Any

import anyio
import anyio.to_thread
import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage, Stream

from storekeeper.infra.web import Access, Principal, Role, get, openapi, span_of, tables, unless_known
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import BadInputError, NotAllowedError
from storekeeper.metering import reckoning
from storekeeper.metering.figures import (
    Activity,
    Filter,
    Group,
    Mover,
    Performance,
    Point,
    RecentOperation,
    SpeedGroup,
    SpeedPoint,
    Usage,
)
from storekeeper.metering.service import Kept, MeteringService

AnyRequest = Request[Any, Any, Any]
Service = NamedDependency[MeteringService]
Span = Annotated[str, QueryParameter(name="range")]
_TAGS = ["Metering"]
_POLL_SECONDS = 1.0
_MOST_SECONDS = 3600
_USAGE_TABLES: dict[str, type[msgspec.Struct]] = {
    "series": Point, "byBucket": Group, "byOwner": Group, "byOperation": Group, "byStatus": Group, "topMovers": Mover,
}  # fmt: skip
_SPEED_TABLES: dict[str, type[msgspec.Struct]] = {"series": SpeedPoint, "byOperation": SpeedGroup}


@get(
    "/api/user/storage/usage",
    access=Access.OWN,
    tags=_TAGS,
    summary="What operations add up to",
    operation_class=openapi.OrTable,
)
def show_usage(
    request: AnyRequest,
    metering: Service,
    span: Span = "24h",
    bucket: FromQuery[str] = "",
    owner: FromQuery[str | None] = None,
    operation: FromQuery[str] = "",
    form: tables.Form = "",
    table: FromQuery[str] = "series",
) -> Response[Usage]:
    """Weighted; by minute up to 6 hours, by hour up to 14 days, else by day. `table` says which part a file holds."""
    form, kind = tables.form_of(request, form), _of_table(_USAGE_TABLES, table)
    kept = metering.reader.usage(
        span_of(span), bucket=bucket, owner=whose(request.scope["user"], owner), operation=operation
    )
    return _answer(request, kept, table, kind, form=form, name="usage")


@get(
    "/api/user/storage/performance",
    access=Access.OWN,
    tags=_TAGS,
    summary="How fast and how well operations went",
    operation_class=openapi.OrTable,
)
def show_performance(
    request: AnyRequest,
    metering: Service,
    span: Span = "24h",
    bucket: FromQuery[str] = "",
    owner: FromQuery[str | None] = None,
    operation: FromQuery[str] = "",
    form: tables.Form = "",
    table: FromQuery[str] = "series",
) -> Response[Performance]:
    """Latency quantiles, errors and throttles over time and by operation; the heat map for at most 24 hours."""
    whose_ = whose(request.scope["user"], owner)
    return _performance(request, metering, span, bucket, whose_, operation, form, table)


@get(
    "/api/admin/metrics/performance",
    access=Access.READ,
    tags=_TAGS,
    summary="How fast and how well operations went, of everybody",
    operation_class=openapi.OrTable,
)
def show_all_performance(
    request: AnyRequest,
    metering: Service,
    span: Span = "24h",
    bucket: FromQuery[str] = "",
    owner: FromQuery[str | None] = None,
    operation: FromQuery[str] = "",
    form: tables.Form = "",
    table: FromQuery[str] = "series",
) -> Response[Performance]:
    """As `/api/user/storage/performance`."""
    return _performance(request, metering, span, bucket, owner, operation, form, table)


@get(
    "/api/user/storage/activity",
    access=Access.OWN,
    tags=_TAGS,
    summary="The newest operations",
    operation_class=openapi.OrTable,
)
def show_activity(
    request: AnyRequest,
    metering: Service,
    span: Span = "24h",
    bucket: FromQuery[str] = "",
    owner: FromQuery[str | None] = None,
    operation: FromQuery[str] = "",
    status: FromQuery[str] = "",
    q: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
    limit: FromQuery[int] = 100,
    form: tables.Form = "",
) -> Response[Activity]:
    """Newest first, as they came in. `status` is `errors`, `5xx` or `404`; `q` is looked for in the prefix."""
    form = tables.form_of(request, form)
    kept = metering.reader.recent(
        span_of(span),
        bucket=bucket,
        owner=whose(request.scope["user"], owner),
        operation=operation,
        wanted=wanted(status, q, cursor),
        limit=limit,
    )
    return unless_known(
        request,
        f"{kept.tag}-{form}",
        lambda: tables.answer(kept, kept.value.items, RecentOperation, form=form, name="activity"),
    )


@get(
    "/api/user/storage/activity/events",
    access=Access.OWN,
    tags=_TAGS,
    summary="The newest operations as Server-Sent Events, and then those that come",
    operation_class=openapi.Events,
)
async def watch_activity(
    request: AnyRequest,
    metering: Service,
    clock: NamedDependency[Clock],
    stopping: NamedDependency[threading.Event],
    bucket: FromQuery[str] = "",
    owner: FromQuery[str | None] = None,
    operation: FromQuery[str] = "",
    status: FromQuery[str] = "",
    q: FromQuery[str] = "",
    seconds: FromQuery[int] = 0,
) -> ServerSentEvent:
    """Each event `operations` has new ones as a JSON list, newest first; for that many seconds, 0 is once."""
    if not 0 <= seconds <= _MOST_SECONDS:
        raise BadInputError(f"seconds: not between 0 and {_MOST_SECONDS}")
    whose_, chosen = whose(request.scope["user"], owner), wanted(status, q, "")

    def newest() -> Activity:
        return metering.fresh.recent(
            timedelta(minutes=10), bucket=bucket, owner=whose_, operation=operation, wanted=chosen
        )

    first = await anyio.to_thread.run_sync(newest)  # so that what is asked wrongly is a 400
    end = clock.monotonic() + seconds
    return ServerSentEvent(_events(first, newest, lambda: stopping.is_set() or clock.monotonic() >= end))


@get(
    "/api/operations/export",
    access=Access.READ,
    tags=_TAGS,
    summary="All single operations of a range as a file",
    operation_class=openapi.File,
)
def export_operations(
    request: AnyRequest,
    metering: Service,
    span: Span = "24h",
    bucket: FromQuery[str] = "",
    owner: FromQuery[str | None] = None,
    operation: FromQuery[str] = "",
    form: tables.Form = "",
) -> Stream:
    """Oldest first, as NDJSON, or as `format` says: csv, parquet, arrow. Older ones than are kept are left out."""
    form = tables.form_of(request, form, tables.STREAMS)
    parts = metering.reader.export(span_of(span), bucket=bucket, owner=owner, operation=operation)
    return tables.stream(parts, form=form, name="operations")


def whose(principal: Principal, owner: str | None) -> str | None:
    """A user sees what is theirs, by their email address as owner; others may ask for anybody.

    Raises NotAllowedError.
    """
    if principal.role is not Role.USER:
        return owner
    if owner not in (None, principal.email):
        raise NotAllowedError("This is another owner's.")
    return principal.email


def wanted(status: str, text: str, cursor: str) -> Filter:
    """Raises BadInputError."""
    newest, skip = reckoning.after(cursor)
    return Filter(statuses=reckoning.statuses(status), text=text, newest=newest, skip=skip)


def _performance(
    request: AnyRequest,
    metering: MeteringService,
    span: str,
    bucket: str,
    owner: str | None,
    operation: str,
    form: str,
    table: str,
) -> Response[Performance]:
    form, kind = tables.form_of(request, form), _of_table(_SPEED_TABLES, table)
    kept = metering.reader.performance(span_of(span), bucket=bucket, owner=owner, operation=operation)
    return _answer(request, kept, table, kind, form=form, name="performance")


def _answer(
    request: AnyRequest, kept: Kept[Any], table: str, kind: type[msgspec.Struct], *, form: str, name: str
) -> Response[Any]:
    return unless_known(
        request,
        f"{kept.tag}-{form}-{table}",
        lambda: tables.answer(kept, _rows(kept.value, table), kind, form=form, name=f"{name}-{table}"),
    )


def _of_table(tables: dict[str, type[msgspec.Struct]], name: str) -> type[msgspec.Struct]:
    if name not in tables:
        raise BadInputError(f"{name!r} is no table here.", hint=f"Write one of {', '.join(tables)}.")
    return tables[name]


def _rows(found: msgspec.Struct, table: str) -> Any:
    fields = {field.encode_name: field.name for field in msgspec.structs.fields(found)}
    return getattr(found, fields[table])


async def _events(
    found: Activity, newest: Callable[[], Activity], is_over: Callable[[], bool]
) -> AsyncIterator[ServerSentEventMessage]:
    """Operations come late and out of order, so what is new is told by what was sent before."""
    sent = set(found.items)
    yield _event(found.items)
    while not is_over():
        await anyio.sleep(_POLL_SECONDS)
        found = await anyio.to_thread.run_sync(newest)
        if fresh := [one for one in found.items if one not in sent]:
            yield _event(fresh)
            sent = set(found.items)


def _event(operations: Sequence[RecentOperation]) -> ServerSentEventMessage:
    return ServerSentEventMessage(event="operations", data=msgspec.json.encode(operations).decode())


ROUTES = [
    show_usage,
    show_performance,
    show_all_performance,
    show_activity,
    watch_activity,
    export_operations,
]
