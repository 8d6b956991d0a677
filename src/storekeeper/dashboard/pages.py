"""The overview, the first page."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from storekeeper.costs import BudgetService, UnclassifiedWatch
from storekeeper.dashboard import series
from storekeeper.dashboard.overview import Metrics, Overview, OverviewReader, Trend
from storekeeper.dashboard.spending import budget_cards
from storekeeper.health import HealthService
from storekeeper.health.model import BucketHealth, Status
from storekeeper.infra.web import Access, Role, get, may_write, render, see_other, span_of
from storekeeper.inventory import InventoryService, run_view
from storekeeper_client.breaker import State

MAX_POINTS = 400
RANGES = [
    {"value": "1d", "label": "Day"},
    {"value": "7d", "label": "Week"},
    {"value": "30d", "label": "Month"},
    {"value": "365d", "label": "Year"},
]


@get("/", access=Access.OWN, include_in_schema=False)
def overview_page(
    request: Request[Any, Any, Any],
    overview: NamedDependency[OverviewReader],
    inventory: NamedDependency[InventoryService],
    health: NamedDependency[HealthService],
    budgets: NamedDependency[BudgetService],
    unclassified: NamedDependency[UnclassifiedWatch],
    span: Annotated[str, QueryParameter(name="range")] = "30d",
    bucket: FromQuery[str] = "",
) -> Response[Any]:
    if request.scope["user"].role is Role.USER:
        return see_other("/me/storage")
    found = overview.read(span_of(span), bucket)
    budget = None if bucket else budgets.of_everything()
    label = next((entry["label"].lower() for entry in RANGES if entry["value"] == span), span)
    return render(
        request,
        "dashboard/overview.html",
        title="Overview",
        ranges=RANGES,
        range=span,
        buckets=overview.bucket_names(),
        bucket=bucket,
        cards=[
            *_cards(found, f"in a {label}", with_growth=not (budget and budget.use)),
            _health_card(_of(health.statuses(), bucket)),
            *budget_cards(budget, "/costs/budgets"),
        ],
        unpriced=[one for one in unclassified.now() if bucket in ("", one.bucket)],
        traffic=_traffic_cards(found.metrics),
        storage=_storage_chart(found, span_of(span)),
        storage_csv=f"/api/dashboard/metrics-history?range={span}&format=csv"
        + (f"&bucket={bucket}" if bucket else ""),
        largest=[
            {
                "name": one.name,
                "href": f"/buckets/{one.name}",
                "bytes": one.bytes,
                "objects": one.objects,
                "share": one.share,
                "change": one.change,
                "at": one.scanned_at,
                "stale": one.stale,
            }
            for one in found.largest_buckets[:10]
        ],
        runs=[run_view(view, may_cancel=may_write(request)) for view in inventory.scans.under_way()],
    )


def _cards(found: Overview, span: str, *, with_growth: bool) -> list[dict[str, Any]]:
    """Growth gives way to a budget: what is stored tells it as well, and five fit side by side."""
    metrics, age = found.metrics, {"provenance": "measured", "at": found.oldest_scan}
    storage, files = metrics.total_storage_trend, metrics.total_files_trend
    before = metrics.total_storage - storage.change if storage.change is not None else 0
    waiting = metrics.buckets - metrics.scanned
    growth = {
        "label": "Growth",
        "value": storage.change / before if storage.change is not None and before else None,
        "unit": "percent",
        "note": f"of what is stored, {span}" if before else "after the second scan",
        **age,
    }
    return [
        {
            "label": "Stored",
            "value": metrics.total_storage,
            "unit": "bytes",
            "change": storage.change,
            "range": span,
            "trend": storage.values,
            **age,
        },
        {
            "label": "Objects",
            "value": metrics.total_files,
            "unit": "count",
            "change": files.change,
            "range": span,
            "trend": files.values,
            **age,
        },
        *([growth] if with_growth else []),
        {
            "label": "Buckets",
            "value": metrics.buckets,
            "unit": "count",
            "href": "/buckets",
            "note": f"{waiting} never scanned" if waiting else "all scanned",
        },
    ]


def _of(found: Sequence[BucketHealth], bucket: str) -> list[BucketHealth]:
    return [one for one in found if bucket in ("", one.bucket)]


def _health_card(found: Sequence[BucketHealth]) -> dict[str, Any]:
    """How many buckets are well, and what is wrong with the others."""
    counts = {status: sum(one.status is status for one in found) for status in Status}
    healthy = counts.pop(Status.HEALTHY)
    open_ = sum(one.breaker is not State.CLOSED for one in found)
    words = [f"{count:,} {status}" for status, count in counts.items() if count]
    words += [f"{open_:,} {'breaker' if open_ == 1 else 'breakers'} open"] if open_ else []
    return {
        "label": "Healthy buckets",
        "value": healthy,
        "unit": "count",
        "suffix": f"of {len(found):,}",
        "href": "/health/buckets",
        "note": ", ".join(words) or "all breakers closed",
        "provenance": "measured by checks",
    }


def _traffic_cards(metrics: Metrics) -> list[dict[str, Any]]:
    """Empty where nothing was reported in the last day."""
    if not metrics.requests:
        return []
    day = {"provenance": metrics.provenance, "range": "against the day before"}
    today = {"provenance": metrics.provenance, "range": "against yesterday by now"}
    p95 = metrics.p95_response_time_ms
    return [
        _trend_card("Requests in 24 hours", metrics.requests, metrics.requests_trend, "/usage") | day,
        {
            "label": "Error rate",
            "value": metrics.error_rate,
            "unit": "percent",
            "href": "/performance",
            "trend": _whole_hours(metrics.error_rate_trend),
            "note": "in 24 hours",
            **day,
        },
        {
            "label": "p95 latency",
            "value": p95 / 1000 if p95 is not None else None,
            "unit": "duration",
            "href": "/performance",
            "trend": _whole_hours(metrics.p95_response_time_ms_trend),
            "note": "in 24 hours",
            **day,
        },
        _trend_card(
            "Uploads today",
            metrics.uploads_today,
            metrics.uploads_today_trend,
            "/activity?operation=PutObject",
        )
        | today,
        _trend_card(
            "Downloads today",
            metrics.downloads_today,
            metrics.downloads_today_trend,
            "/activity?operation=GetObject",
        )
        | today,
    ]


def _trend_card(label: str, value: float, trend: Trend, href: str) -> dict[str, Any]:
    change = round(trend.change) if trend.change is not None else None
    return {"label": label, "value": round(value), "unit": "count", "href": href, "change": change,
            "trend": _whole_hours(trend)}  # fmt: skip


def _whole_hours(trend: Trend) -> Sequence[float | None]:
    """Without the hour under way, which would look like a fall."""
    return trend.values[:-1]


def _storage_chart(found: Overview, span: timedelta) -> Mapping[str, Any] | None:
    end = found.generated_at
    times = series.axis(found.history, end - span, end, MAX_POINTS)
    if not times:
        return None
    drawn = {name: series.carried(points, times) for name, points in found.history.items() if points}
    return {
        "kind": "area",
        "unit": "bytes",
        "times": [_rfc3339(moment) for moment in times],
        "series": [
            {"name": name, "values": [point.bytes if point else None for point in points]}
            for name, points in drawn.items()
        ],
    }


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


ROUTES = [overview_page]
