"""JSON routes: liveness, readiness, versions, metrics, and the dashboard's figures."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response

from storekeeper.dashboard.service import DashboardService
from storekeeper.infra import telemetry
from storekeeper.infra.jobs import Jobs
from storekeeper.infra.web import Access, get
from storekeeper.kernel.clock import Clock


class Liveness(msgspec.Struct, frozen=True):
    status: str
    timestamp: datetime


class Readiness(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`metrics` only for callers who are signed in."""

    status: str
    timestamp: datetime
    services: Mapping[str, str]
    metrics: Mapping[str, float] | None = None


@get("/health", access=Access.PUBLIC, tags=["Health"], summary="Liveness", operation_id="liveness")
def health(clock: Clock) -> Liveness:
    """Answers as long as the process does."""
    return Liveness("ok", clock.now())


@get("/api/health", access=Access.PUBLIC, tags=["Health"], summary="Readiness", operation_id="readiness")
def api_health(
    request: Request[Any, Any, Any], dashboard: DashboardService, clock: Clock
) -> Response[Readiness]:
    """503 when a part that is needed does not answer."""
    found = dashboard.health()
    metrics = _own_metrics(dashboard) if request.scope.get("user") else None
    body = Readiness(status=found.status, timestamp=clock.now(), services=found.services, metrics=metrics)
    return Response(body, status_code=503 if found.status == "unhealthy" else 200)


@get("/api/version", access=Access.READ, tags=["Health"], summary="Versions of what runs")
def show_version(dashboard: DashboardService) -> dict[str, str]:
    return dashboard.versions()


@get("/metrics", access=Access.METRICS, tags=["Health"], summary="OpenMetrics", media_type="text/plain")
def metrics(jobs: Jobs) -> Response[bytes]:
    """Open on loopback when no metrics key is set, else with the key or an API key of scope `metrics`."""
    telemetry.job_runs.clear()
    for (job, status), count in jobs.counts().items():
        telemetry.job_runs.labels(job, status).set(count)
    return Response(telemetry.exposition(), headers={"Content-Type": telemetry.METRICS_CONTENT_TYPE})


def _own_metrics(dashboard: DashboardService) -> dict[str, float]:
    answered, failed, seconds = telemetry.answered()
    return {
        "uptime": round(dashboard.uptime(), 1),
        "responseTimeMs": round(seconds / answered * 1000, 2) if answered else 0.0,
        "errorRate": round(failed / answered, 4) if answered else 0.0,
    }


ROUTES = [health, api_health, show_version, metrics]
