"""JSON routes of background work: jobs by name, runs, the dead ones."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from storekeeper.access import actor_of
from storekeeper.dashboard.service import DashboardService
from storekeeper.infra.jobs import Jobs, Run, RunStatus
from storekeeper.infra.web import Access, delete, get, post

_TAGS = ["Jobs"]
_MAX_PAGE = 200


class JobView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A job by name, with how its runs went."""

    name: str
    about: str
    cron: str
    counts: Mapping[str, int]
    last_run: Run | None


class JobList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[JobView]
    next_cursor: str | None = None


class RunList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[Run]
    next_cursor: str | None


class RunStarted(msgspec.Struct, frozen=True, rename="camel"):
    run_id: str


class Purged(msgspec.Struct, frozen=True, rename="camel"):
    purged: int


class JobHealth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether background work is well: nothing dead, nothing due long ago and still waiting."""

    healthy: bool
    dead: int
    queued: int
    oldest_queued_at: datetime | None


@get("/api/metrics/jobs", access=Access.READ, tags=_TAGS, summary="Jobs and how their runs went")
def list_jobs(dashboard: NamedDependency[DashboardService]) -> JobList:
    return JobList(items=[JobView(**fields) for fields in dashboard.jobs()])


@post(
    "/api/metrics/jobs/{name:str}/run",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=202,
    summary="Run a job now",
)
def run_job(
    name: FromPath[str], request: Request[Any, Any, Any], dashboard: NamedDependency[DashboardService]
) -> RunStarted:
    return RunStarted(dashboard.run_job(name, actor=actor_of(request.scope["user"])).id)


@post(
    "/api/metrics/jobs/health-check",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=200,
    summary="Is background work well?",
)
def check_jobs(dashboard: NamedDependency[DashboardService]) -> JobHealth:
    return JobHealth(**dashboard.job_health())


@get("/api/jobs", access=Access.READ, tags=_TAGS, summary="Runs, newest first")
def list_runs(
    jobs: NamedDependency[Jobs],
    status: FromQuery[RunStatus | None] = None,
    job: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
    limit: FromQuery[int] = 50,
) -> RunList:
    return _page(jobs, job=job, statuses=[status] if status else [], cursor=cursor, limit=limit)


@get("/api/jobs/dead", access=Access.READ, tags=_TAGS, summary="Runs that used up their attempts")
def list_dead_runs(
    jobs: NamedDependency[Jobs], cursor: FromQuery[str] = "", limit: FromQuery[int] = 50
) -> RunList:
    return _page(jobs, job="", statuses=[RunStatus.DEAD], cursor=cursor, limit=limit)


@delete("/api/jobs/dead", access=Access.ADMIN, tags=_TAGS, status_code=200, summary="Forget dead runs")
def purge_dead_runs(request: Request[Any, Any, Any], dashboard: NamedDependency[DashboardService]) -> Purged:
    return Purged(dashboard.purge_dead(actor=actor_of(request.scope["user"])))


@get("/api/jobs/{run_id:str}", access=Access.READ, tags=_TAGS, summary="One run")
def show_run(run_id: FromPath[str], jobs: NamedDependency[Jobs]) -> Run:
    return jobs.get(run_id)


@post(
    "/api/jobs/{run_id:str}/cancel", access=Access.ADMIN, tags=_TAGS, status_code=200, summary="Cancel a run"
)
def cancel_run(
    run_id: FromPath[str], request: Request[Any, Any, Any], dashboard: NamedDependency[DashboardService]
) -> Run:
    """A run under way stops at its next step."""
    return dashboard.cancel_run(run_id, actor=actor_of(request.scope["user"]))


@post(
    "/api/jobs/{run_id:str}/retry",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=200,
    summary="Retry a dead run",
)
def retry_run(
    run_id: FromPath[str], request: Request[Any, Any, Any], dashboard: NamedDependency[DashboardService]
) -> Run:
    return dashboard.retry_run(run_id, actor=actor_of(request.scope["user"]))


def _page(
    jobs: NamedDependency[Jobs], *, job: str, statuses: Sequence[RunStatus], cursor: str, limit: int
) -> RunList:
    limit = max(1, min(limit, _MAX_PAGE))
    found = jobs.find(job=job, statuses=statuses, before=cursor, limit=limit + 1)
    return RunList(items=found[:limit], next_cursor=found[limit - 1].id if len(found) > limit else None)


ROUTES = [
    list_jobs,
    run_job,
    check_jobs,
    list_runs,
    list_dead_runs,
    purge_dead_runs,
    show_run,
    cancel_run,
    retry_run,
]
