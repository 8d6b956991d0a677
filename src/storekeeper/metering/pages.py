"""Pages: usage, of everybody or one owner, performance, activity, ingestion."""

from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from storekeeper.buckets import BucketService
from storekeeper.infra.web import Access, get, render, span_of
from storekeeper.kernel.errors import BadInputError
from storekeeper.metering import views
from storekeeper.metering.read_api import wanted
from storekeeper.metering.service import MeteringService

PageRequest = Request[Any, Any, Any]
Service = NamedDependency[MeteringService]
Buckets = NamedDependency[BucketService]
Span = Annotated[str, QueryParameter(name="range")]
OPERATIONS_A_PAGE = 50
_STATUSES = [
    {"value": "", "label": "All statuses"},
    {"value": "errors", "label": "Errors only"},
    *({"value": f"{n}xx", "label": f"{n}xx"} for n in range(2, 6)),
]
_LIVE_SECONDS = 600


@get("/usage", access=Access.READ, include_in_schema=False)
def usage_page(
    request: PageRequest,
    metering: Service,
    buckets: Buckets,
    span: Span = "24h",
    bucket: FromQuery[str] = "",
    owner: FromQuery[str | None] = None,
    show: FromQuery[str] = "requests",
) -> Response[Any]:
    return _usage(request, metering, buckets, span, bucket, owner or None, show)


@get("/usage/owners/{owner:str}", access=Access.READ, include_in_schema=False)
def owner_page(
    request: PageRequest,
    owner: FromPath[str],
    metering: Service,
    buckets: Buckets,
    span: Span = "24h",
    bucket: FromQuery[str] = "",
    show: FromQuery[str] = "requests",
) -> Response[Any]:
    return _usage(request, metering, buckets, span, bucket, owner, show)


@get("/performance", access=Access.READ, include_in_schema=False)
def performance_page(
    request: PageRequest,
    metering: Service,
    buckets: Buckets,
    span: Span = "24h",
    bucket: FromQuery[str] = "",
    operation: FromQuery[str] = "",
) -> Response[Any]:
    found = metering.reader.performance(span_of(span), bucket=bucket, operation=operation).value
    return render(
        request,
        "metering/performance.html",
        title="Performance",
        any=bool(found.totals.requests),
        cards=views.speed_cards(found, _label(span)),
        steps=views.steps(found),
        outcomes=views.outcomes(found),
        latencies=views.latencies(found),
        heat=views.heat(found),
        heat_limit=found.heat_map is None,
        operations=views.operation_rows(found.by_operation),
        csv=_csv("/api/admin/metrics/performance", range=span, bucket=bucket, operation=operation),
        **_shell(request, buckets, span, bucket),
    )


@get("/activity", access=Access.READ, include_in_schema=False)
def activity_page(
    request: PageRequest,
    metering: Service,
    buckets: Buckets,
    span: Span = "24h",
    bucket: FromQuery[str] = "",
    owner: FromQuery[str] = "",
    operation: FromQuery[str] = "",
    status: FromQuery[str] = "",
    q: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
    live: FromQuery[str] = "",
) -> Response[Any]:
    asked = {"bucket": bucket, "owner": owner, "operation": operation, "status": status, "q": q}
    found = metering.reader.recent(
        span_of(span), bucket=bucket, owner=owner or None, operation=operation,
        wanted=wanted(status, q, cursor), limit=OPERATIONS_A_PAGE,
    ).value  # fmt: skip
    events = {**asked, "seconds": str(_LIVE_SECONDS)}
    return render(
        request,
        "metering/activity.html",
        title="Activity",
        rows=views.activity_rows(found),
        filtered=any(asked.values()) or bool(cursor),
        filters=_filters(owner, operation, status, q),
        paging={
            "first": 1 if found.items else 0,
            "last": len(found.items),
            "next": found.next_cursor,
            "previous": "" if cursor else None,
        },
        live=bool(live) and not cursor,
        events=f"/api/user/storage/activity/events?{urlencode({k: v for k, v in events.items() if v})}",
        csv=_csv("/api/user/storage/activity", range=span, limit="500", **asked),
        **_shell(request, buckets, span, bucket),
    )


@get("/ingestion", access=Access.READ, include_in_schema=False)
def ingestion_page(request: PageRequest, metering: Service) -> Response[Any]:
    stats = metering.stats()
    return render(
        request,
        "metering/ingestion.html",
        title="Ingestion",
        stats=stats,
        cards=views.ingestion_cards(stats),
        reasons=sorted(stats.rejected.items(), key=lambda one: (-one[1], one[0])),
        tabs=views.tabs(request.url.path, dict(request.query_params)),
    )


def _usage(
    request: PageRequest,
    metering: MeteringService,
    buckets: BucketService,
    span: str,
    bucket: str,
    owner: str | None,
    show: str,
) -> Response[Any]:
    if show not in {one["value"] for one in views.SHOWN}:
        raise BadInputError(f"{show!r} can not be shown.", hint="Choose requests, uploaded or downloaded.")
    found = metering.reader.usage(span_of(span), bucket=bucket, owner=owner).value
    query = dict(request.query_params)

    def rows(kind: str) -> list[views.View]:
        groups = getattr(found, f"by_{kind}")
        return views.group_rows(groups, found.totals, kind=kind, query=query)

    return render(
        request,
        "metering/usage.html",
        title=owner or "Usage",
        owner=owner,
        any=bool(found.totals.requests),
        cards=views.usage_cards(found, _label(span)),
        chart=views.over_time(found, show),
        steps=views.steps(found),
        shown=views.SHOWN,
        show=show,
        since=found.since,
        by_bucket=rows("bucket"),
        by_owner=rows("owner"),
        whole_days=found.resolution_seconds == 86_400 or span_of(span).days > 1,
        by_operation=rows("operation"),
        by_status=rows("status"),
        movers=views.mover_rows(found.top_movers, query),
        csv=_csv("/api/user/storage/usage", range=span, bucket=bucket, owner=owner or ""),
        **_shell(request, buckets, span, bucket),
    )


def _shell(request: PageRequest, buckets: BucketService, span: str, bucket: str) -> views.View:
    return {
        "ranges": views.RANGES,
        "range": span,
        "bucket": bucket,
        "buckets": [one.name for one in buckets.all()],
        "tabs": views.tabs(request.url.path, dict(request.query_params)),
    }


def _filters(owner: str, operation: str, status: str, text: str) -> list[views.View]:
    return [
        {"name": "status", "label": "Status", "value": status, "options": _STATUSES},
        {"name": "operation", "label": "Operation", "value": operation, "placeholder": "Operation, such as GetObject"},
        {"name": "owner", "label": "Owner", "value": owner, "placeholder": "Owner"},
        {"name": "q", "label": "Find in prefixes", "value": text, "placeholder": "Find in prefixes"},
    ]  # fmt: skip


def _label(span: str) -> str:
    return next((one["label"].lower() for one in views.RANGES if one["value"] == span), span)


def _csv(path: str, **query: str) -> str:
    return f"{path}?{urlencode({name: value for name, value in query.items() if value} | {'format': 'csv'})}"


ROUTES = [usage_page, owner_page, performance_page, activity_page, ingestion_page]
