"""Pages: all buckets, one bucket with its snapshot, files and scans."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from storekeeper.access import actor_of
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.infra.web import Access, get, may_write, post, render, see_other, span_of
from storekeeper.inventory import views
from storekeeper.inventory.model import (
    FileQuery,
    FileSort,
    ListedBucket,
    NeverScannedError,
    Order,
    Point,
    ScanView,
)
from storekeeper.inventory.rules.quoting import from_previous
from storekeeper.inventory.rules.schedule import is_stale
from storekeeper.inventory.service import InventoryService, Snapshot
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import ConflictError

PageRequest = Request[Any, Any, Any]
Service = NamedDependency[InventoryService]
BUCKETS_A_PAGE = 50
FILES_A_PAGE = 25
PAST_SCANS = 10
RANGES = [
    {"value": "7d", "label": "Week"},
    {"value": "30d", "label": "Month"},
    {"value": "365d", "label": "Year"},
]
_MONTH = timedelta(days=30)
_SORTS: dict[str, Callable[[views.View], Any]] = {
    "name": lambda row: row["name"],
    "bytes": lambda row: -1 if row["bytes"] is None else row["bytes"],
    "objects": lambda row: -1 if row["objects"] is None else row["objects"],
    "change": lambda row: row["change"] or 0,
    "scanned_at": lambda row: row["scanned_at"].timestamp() if row["scanned_at"] else 0,
}


@get("/buckets", access=Access.READ, include_in_schema=False)
def buckets_page(
    request: PageRequest,
    inventory: Service,
    clock: NamedDependency[Clock],
    sort: FromQuery[str] = "name",
    q: FromQuery[str] = "",
    cursor: FromQuery[int] = 0,
) -> Response[Any]:
    listed = inventory.listed_buckets()
    wanted = [one for one in listed if q.lower() in f"{one.name} {one.url} {one.provider}".lower()]
    last = inventory.scans.last_of_each()
    history = inventory.history(_MONTH)
    rows = [_row(one, last.get(one.id), history.get(one.name, []), clock) for one in wanted]
    rows.sort(key=_SORTS.get(sort.removeprefix("-"), _SORTS["name"]), reverse=sort.startswith("-"))
    start = max(0, cursor)
    shown = rows[start : start + BUCKETS_A_PAGE]
    return render(
        request,
        "buckets/buckets.html",
        title="Buckets",
        sort=sort,
        filter=q,
        any=bool(listed),
        rows=shown,
        paging={
            "first": start + 1 if shown else 0,
            "last": start + len(shown),
            "total": len(rows),
            "previous": str(max(0, start - BUCKETS_A_PAGE)) if start else None,
            "next": str(start + BUCKETS_A_PAGE) if start + BUCKETS_A_PAGE < len(rows) else "",
        },
        csv="/api/buckets?format=csv",
    )


@get("/buckets/{name:str}", access=Access.READ, include_in_schema=False)
def bucket_page(
    request: PageRequest,
    name: FromPath[str],
    inventory: Service,
    buckets: NamedDependency[BucketService],
    clock: NamedDependency[Clock],
    span: Annotated[str, QueryParameter(name="range")] = "30d",
    prefix: FromQuery[str] = "",
    sort: FromQuery[str] = "-bytes",
    q: FromQuery[str] = "",
    extension: FromQuery[str] = "",
    cursor: FromQuery[int] = 0,
) -> Response[Any]:
    bucket = buckets.get(name)
    asked = FileQuery(
        sort=FileSort.MODIFIED if sort.endswith("modified") else FileSort.SIZE,
        order=Order.DESCENDING if sort.startswith("-") else Order.ASCENDING,
        extension=extension,
        text=q,
        offset=max(0, cursor),
        limit=FILES_A_PAGE,
    )
    try:
        snapshot = inventory.snapshot(name)
    except NeverScannedError:
        contents: views.View = {"inventory": None}
    else:
        points = inventory.history(span_of(span), name)[name]
        stale = is_stale(bucket, snapshot.scan.finished_at or clock.now(), clock.now())
        contents = _contents(request, snapshot, points, prefix, asked, stale=stale)
        contents["growth_csv"] = f"/api/buckets/{name}/inventory/history?range={span}&format=csv"
    return _bucket_page(request, inventory, bucket, contents | {"range": span, "prefix": prefix})


@post("/buckets/{name:str}/scan", access=Access.ADMIN, status_code=200, include_in_schema=False)
def start_scan_form(request: PageRequest, name: FromPath[str], inventory: Service) -> Response[Any]:
    try:
        inventory.scans.start(name, actor=actor_of(request.scope["user"]))
    except ConflictError as error:
        return see_other(f"/buckets/{name}", error.detail, tone="warn")
    return see_other(f"/buckets/{name}")


@post("/scans/{scan_id:str}/cancel", access=Access.ADMIN, status_code=200, include_in_schema=False)
def cancel_scan_form(request: PageRequest, scan_id: FromPath[str], inventory: Service) -> Response[Any]:
    view = inventory.scans.cancel(scan_id, actor=actor_of(request.scope["user"]))
    return see_other(f"/buckets/{view.bucket}", "The scan stops. The last snapshot stays as it is.")


def _bucket_page(
    request: PageRequest, inventory: InventoryService, bucket: Bucket, contents: views.View
) -> Response[Any]:
    running = inventory.scans.under_way(bucket)
    past = inventory.scans.page(bucket.name, limit=PAST_SCANS)
    return render(
        request,
        "inventory/bucket.html",
        title=bucket.name,
        bucket=bucket,
        ranges=RANGES,
        runs=[views.run(view, may_cancel=may_write(request)) for view in running],
        may_scan=not running,
        past=views.past(past),
        keys_kept=bucket.store_keys,
        **contents,
    )


def _contents(
    request: PageRequest,
    snapshot: Snapshot,
    points: Sequence[Point],
    prefix: str,
    asked: FileQuery,
    *,
    stale: bool,
) -> views.View:
    """The part of a bucket's page that needs a snapshot."""
    bucket, query = snapshot.bucket, dict(request.query_params)
    name, found = bucket.name, snapshot.inventory(with_files=False)
    rows = views.folder_rows(snapshot.folders(prefix), query)
    return {
        "inventory": views.snapshot(found, stale=stale),
        "quote": views.expected(from_previous(snapshot.scan, bucket.provider)),
        "cards": views.cards(found, points, stale=stale),
        "trail": views.trail(prefix, query),
        "treemap": views.treemap(rows, name),
        "by_prefix": views.with_shares(rows[: views.TILES], sum(row["bytes"] for row in rows)),
        "by_extension": views.breakdown(found.by_extension, found, nameless="none"),
        "by_owner": views.breakdown(found.by_owner, found, nameless="nobody"),
        "by_storage_class": views.breakdown(found.by_storage_class, found, nameless="none"),
        "growth": views.growth(points, name),
        "ages": views.bars(found.by_age, name, unit="bytes"),
        "sizes": views.bars(found.by_size, name, unit="count"),
        "files": views.files(snapshot.files(asked), asked, name, found.by_extension),
    }


def _row(bucket: ListedBucket, last: ScanView | None, points: Sequence[Point], clock: Clock) -> views.View:
    state, tone = views.state_of(last)
    return {
        "name": bucket.name,
        "href": f"/buckets/{bucket.name}",
        "url": bucket.url,
        "provider": bucket.provider,
        "objects": bucket.objects,
        "bytes": bucket.bytes,
        "change": points[-1].bytes - points[0].bytes if len(points) > 1 else None,
        "trend": [point.bytes for point in points],
        "scanned_at": bucket.scanned_at,
        "stale": bucket.scanned_at is not None and is_stale(bucket, bucket.scanned_at, clock.now()),
        "state": state,
        "tone": tone,
    }


ROUTES = [buckets_page, bucket_page, start_scan_form, cancel_scan_form]
