"""JSON routes: liveness, readiness, versions, metrics, and the dashboard's figures."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, QueryParameter

from storekeeper.dashboard.overview import Dashboard, History, HistoryItem, OverviewReader
from storekeeper.dashboard.service import DashboardService
from storekeeper.health.model import BucketHealth
from storekeeper.infra import telemetry
from storekeeper.infra.jobs import Jobs
from storekeeper.infra.web import Access, get, may, openapi, span_of, tables, unless_known
from storekeeper.kernel.clock import Clock
from storekeeper.metering.figures import Point as TrafficPoint


class Liveness(msgspec.Struct, frozen=True):
    status: str
    timestamp: datetime


class Readiness(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`metrics` only for callers who are signed in, `buckets` only for those of them who may see all."""

    status: str
    timestamp: datetime
    services: Mapping[str, str]
    metrics: Mapping[str, float] | None = None
    buckets: Sequence[BucketHealth] | None = None


@get("/health", access=Access.PUBLIC, tags=["Health"], summary="Liveness", operation_id="liveness")
def health(clock: NamedDependency[Clock]) -> Liveness:
    """Answers as long as the process does."""
    return Liveness("ok", clock.now())


@get(
    "/api/health",
    access=Access.PUBLIC,
    tags=["Health"],
    summary="Readiness",
    operation_id="readiness",
    responses={503: ResponseSpec(Readiness, description="A part that is needed does not answer.")},
)
def api_health(
    request: Request[Any, Any, Any],
    dashboard: NamedDependency[DashboardService],
    clock: NamedDependency[Clock],
) -> Response[Readiness]:
    """503 when a part that is needed does not answer. Buckets that are not well make it degraded, with 200."""
    found, caller = dashboard.health(), request.scope.get("user")
    body = Readiness(
        status=found.status,
        timestamp=clock.now(),
        services=found.services,
        metrics=dashboard.figures() if caller else None,
        buckets=dashboard.buckets() if may(caller, Access.READ) else None,
    )
    return Response(body, status_code=503 if found.status == "unhealthy" else 200)


@get("/api/version", access=Access.READ, tags=["Health"], summary="Versions of what runs")
def show_version(dashboard: NamedDependency[DashboardService]) -> dict[str, str]:
    return dashboard.versions()


@get(
    "/metrics",
    access=Access.METRICS,
    tags=["Health"],
    summary="OpenMetrics",
    media_type=telemetry.METRICS_CONTENT_TYPE,
)
def metrics(jobs: NamedDependency[Jobs]) -> Response[bytes]:
    """Open on loopback when no metrics key is set, else with the key or an API key of scope `metrics`."""
    telemetry.job_runs.clear()
    for (job, status), count in jobs.counts().items():
        telemetry.job_runs.labels(job, status).set(count)
    return Response(telemetry.exposition(), headers={"Content-Type": telemetry.METRICS_CONTENT_TYPE})


@get(
    "/api/dashboard",
    access=Access.READ,
    tags=["Dashboard"],
    summary="The overview's figures",
    operation_class=openapi.Conditional,
)
def show_dashboard(
    request: Request[Any, Any, Any],
    overview: NamedDependency[OverviewReader],
    span: Annotated[str, QueryParameter(name="range")] = "30d",
    bucket: FromQuery[str] = "",
    owner: FromQuery[str] = "",
) -> Response[Dashboard]:
    """Of one bucket or owner, or all; trends of storage over the range, of operations over the last 24 hours."""
    kept = overview.dashboard(span_of(span), bucket, owner)
    return unless_known(request, kept.tag, lambda: tables.whole(kept))


@get(
    "/api/dashboard/metrics-history",
    access=Access.READ,
    tags=["Dashboard"],
    summary="Totals over time by bucket",
    operation_class=openapi.OrTable,
)
def show_metrics_history(
    request: Request[Any, Any, Any],
    overview: NamedDependency[OverviewReader],
    span: Annotated[str, QueryParameter(name="range")] = "7d",
    bucket: FromQuery[str] = "",
    owner: FromQuery[str] = "",
    form: tables.Form = "",
    table: FromQuery[Literal["items", "operations"]] = "items",
) -> Response[History]:
    """Every item is a complete scan of all owners, none when one is asked for; operations by minute, hour or day.

    As a file, one of the two tables.
    """
    form = tables.form_of(request, form)
    kept = overview.history(span_of(span), bucket, owner)
    found = kept.value

    def answer() -> Response[Any]:
        if table == "operations":
            return tables.answer(kept, found.operations, TrafficPoint, form=form, name="operations-history")
        return tables.answer(kept, found.items, HistoryItem, form=form, name="storage-history")

    return unless_known(request, f"{kept.tag}-{form}-{table}", answer)


ROUTES = [show_dashboard, show_metrics_history, health, api_health, show_version, metrics]
