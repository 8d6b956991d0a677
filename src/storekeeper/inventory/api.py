"""JSON routes of inventory and scans, the live events of a scan, and CSV."""

import threading
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

import anyio
import anyio.to_thread
import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from storekeeper.access import actor_of
from storekeeper.infra.jobs import ACTIVE
from storekeeper.infra.web import Access, csv_of, get, openapi, post, span_of, tables
from storekeeper.inventory.model import (
    FileQuery,
    Files,
    FileSort,
    Folders,
    Inventory,
    ListedBucket,
    Order,
    Point,
    Quote,
    ScanView,
)
from storekeeper.inventory.service import InventoryService
from storekeeper.inventory.sums import LARGEST
from storekeeper.kernel.errors import BadInputError

Service = NamedDependency[InventoryService]
_TAGS = ["Inventory"]
_POLL_SECONDS = 0.5
MAX_ITEMS = 1000


class Started(msgspec.Struct, frozen=True, rename="camel"):
    run_id: str


class ScanPage(msgspec.Struct, frozen=True, rename="camel"):
    items: Sequence[ScanView]
    next_cursor: str | None


class BucketPage(msgspec.Struct, frozen=True, rename="camel"):
    items: Sequence[ListedBucket]
    next_cursor: str | None = None


class History(msgspec.Struct, frozen=True, rename="camel"):
    items: Sequence[Point]


@get(
    "/api/buckets",
    access=Access.READ,
    tags=["Buckets"],
    summary="All buckets with what their last scan found",
    operation_class=openapi.OrCsv,
)
def list_buckets(
    request: Request[Any, Any, Any], inventory: Service, form: tables.Form = ""
) -> Response[BucketPage]:
    form, listed = tables.form_of(request, form, tables.CSV), inventory.listed_buckets()
    return csv_of(listed, "buckets.csv") if form == "csv" else Response(BucketPage(listed))


@post(
    "/api/buckets/{name:str}/scan",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=202,
    summary="Scan a bucket now",
)
def start_scan(name: FromPath[str], request: Request[Any, Any, Any], inventory: Service) -> Started:
    """409 with the `runId` of the scan that is under way already."""
    return Started(inventory.scans.start(name, actor=actor_of(request.scope["user"])).id)


@get(
    "/api/buckets/{name:str}/scan/quote",
    access=Access.READ,
    tags=_TAGS,
    summary="What a scan would take",
    responses=openapi.OF_THE_BUCKET,
)
def quote_scan(name: FromPath[str], inventory: Service) -> Quote:
    return inventory.scans.quote(name)


@get(
    "/api/buckets/{name:str}/scans", access=Access.READ, tags=_TAGS, summary="Scans of a bucket, newest first"
)
def list_scans(
    name: FromPath[str], inventory: Service, cursor: FromQuery[str] = "", limit: FromQuery[int] = 50
) -> ScanPage:
    limit = _bounded(limit)
    found = inventory.scans.page(name, before=cursor, limit=limit + 1)
    return ScanPage(found[:limit], found[limit - 1].id if len(found) > limit else None)


@get("/api/scans/{scan_id:str}", access=Access.READ, tags=_TAGS, summary="One scan, also while it runs")
def show_scan(scan_id: FromPath[str], inventory: Service) -> ScanView:
    return inventory.scans.view(scan_id)


@post(
    "/api/scans/{scan_id:str}/cancel",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=200,
    summary="Cancel a scan",
)
def cancel_scan(scan_id: FromPath[str], request: Request[Any, Any, Any], inventory: Service) -> ScanView:
    """What it listed so far is dropped; the last snapshot stays."""
    return inventory.scans.cancel(scan_id, actor=actor_of(request.scope["user"]))


@get(
    "/api/scans/{scan_id:str}/events",
    access=Access.READ,
    tags=_TAGS,
    summary="A scan as Server-Sent Events: `progress` while it runs, `done` once",
    operation_class=openapi.Events,
)
async def watch_scan(
    scan_id: FromPath[str], inventory: Service, stopping: NamedDependency[threading.Event]
) -> ServerSentEvent:
    await anyio.to_thread.run_sync(inventory.scans.view, scan_id)  # so that an unknown scan is a 404
    return ServerSentEvent(_events(inventory, scan_id, stopping))


@get("/api/buckets/{name:str}/inventory", access=Access.READ, tags=_TAGS, summary="What is in a bucket")
def show_inventory(
    name: FromPath[str], inventory: Service, at: FromQuery[str] = "", limit: FromQuery[int] = 100
) -> Inventory:
    """The newest snapshot, or that of the scan `at`."""
    return inventory.snapshot(name, at=at).inventory(limit=_bounded(limit))


@get(
    "/api/buckets/{name:str}/inventory/prefixes",
    access=Access.READ,
    tags=_TAGS,
    summary="One level of folders",
)
def list_folders(
    name: FromPath[str],
    inventory: Service,
    prefix: FromQuery[str] = "",
    at: FromQuery[str] = "",
    limit: FromQuery[int] = MAX_ITEMS,
) -> Folders:
    return inventory.snapshot(name, at=at).folders(prefix, limit=_bounded(limit))


@get(
    "/api/buckets/{name:str}/inventory/files",
    access=Access.READ,
    tags=_TAGS,
    summary="The largest files, filtered and sorted; with format=csv all that match",
    operation_class=openapi.OrCsv,
)
def list_files(
    name: FromPath[str],
    inventory: Service,
    request: Request[Any, Any, Any],
    sort: FromQuery[FileSort] = FileSort.SIZE,
    order: FromQuery[Order] = Order.DESCENDING,
    prefix: FromQuery[str] = "",
    extension: FromQuery[str] = "",
    owner: FromQuery[str] = "",
    q: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
    limit: FromQuery[int] = 50,
    at: FromQuery[str] = "",
    form: tables.Form = "",
) -> Response[Files]:
    """`q` is looked for anywhere in the key."""
    snapshot = inventory.snapshot(name, at=at)
    query = FileQuery(
        sort=sort, order=order, prefix=prefix, extension=extension, owner=owner, text=q,
        offset=offset_of(cursor), limit=_bounded(limit),
    )  # fmt: skip
    if tables.form_of(request, form, tables.CSV) == "csv":
        every = msgspec.structs.replace(query, offset=0, limit=LARGEST)
        return csv_of(snapshot.files(every).items, f"{name}-files.csv")
    return Response(snapshot.files(query))


@get(
    "/api/buckets/{name:str}/inventory/history",
    access=Access.READ,
    tags=_TAGS,
    summary="Totals over time",
    operation_class=openapi.OrCsv,
)
def show_history(
    name: FromPath[str],
    inventory: Service,
    request: Request[Any, Any, Any],
    span: Annotated[str, QueryParameter(name="range")] = "30d",
    form: tables.Form = "",
) -> Response[History]:
    """At most 1,000 points, each a complete scan."""
    points = inventory.history(span_of(span), name)[name]
    if tables.form_of(request, form, tables.CSV) == "csv":
        return csv_of(points, f"{name}-history.csv")
    return Response(History(points))


def offset_of(cursor: str) -> int:
    """Raises BadInputError."""
    if cursor and not (cursor.isascii() and cursor.isdecimal() and int(cursor) <= LARGEST):
        raise BadInputError(f"{cursor!r} is not a cursor of this list.")
    return int(cursor or 0)


def _bounded(limit: int) -> int:
    return max(1, min(limit, MAX_ITEMS))


async def _events(
    inventory: InventoryService, scan_id: str, stopping: threading.Event
) -> AsyncIterator[ServerSentEventMessage]:
    """A server that stops ends the stream without `done`: who watches asks again, and finds the scan going on."""
    while True:
        view = await anyio.to_thread.run_sync(inventory.scans.view, scan_id)
        if view.status not in ACTIVE:
            break
        if stopping.is_set():
            return
        yield ServerSentEventMessage(event="progress", data=_event(view))
        await anyio.sleep(_POLL_SECONDS)
    yield ServerSentEventMessage(event="done", data=_event(view))


def _event(view: ScanView) -> str:
    return msgspec.json.encode(view).decode()


ROUTES = [
    list_buckets,
    start_scan,
    quote_scan,
    list_scans,
    show_scan,
    cancel_scan,
    watch_scan,
    show_inventory,
    list_folders,
    list_files,
    show_history,
]
