"""The page of background work and what can be done from it."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from storekeeper.access import actor_of
from storekeeper.dashboard.service import DashboardService
from storekeeper.infra.jobs import Jobs, RunStatus
from storekeeper.infra.web import Access, get, post, render, see_other
from storekeeper.kernel.errors import ConflictError

PageRequest = Request[Any, Any, Any]
_RUNS = 25


@get("/jobs", access=Access.READ, include_in_schema=False)
def jobs_page(
    request: PageRequest,
    dashboard: NamedDependency[DashboardService],
    jobs: NamedDependency[Jobs],
    job: FromQuery[str] = "",
    status: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[Any]:
    registered = dashboard.jobs()
    statuses = [RunStatus(status)] if status in set(RunStatus) else []
    runs = jobs.find(job=job, statuses=statuses, before=cursor, limit=_RUNS + 1)
    shown = runs[:_RUNS]
    return render(
        request,
        "dashboard/jobs.html",
        title="Jobs",
        jobs=registered,
        runs=shown,
        names=[
            {"value": "", "label": "All jobs"},
            *({"value": j["name"], "label": j["name"]} for j in registered),
        ],
        statuses=[
            {"value": "", "label": "All states"},
            *({"value": s.value, "label": s.value} for s in RunStatus),
        ],
        paging={
            "first": 1 if shown else 0,
            "last": len(shown),
            "next": shown[-1].id if len(runs) > _RUNS else None,
            "previous": "" if cursor else None,
        },
        dead=sum(entry["counts"].get(RunStatus.DEAD, 0) for entry in registered),
    )


@post("/jobs/start/{name:str}", access=Access.ADMIN, status_code=200, include_in_schema=False)
def start_job_form(
    request: PageRequest, name: FromPath[str], dashboard: NamedDependency[DashboardService]
) -> Response[Any]:
    try:
        dashboard.run_job(name, actor=actor_of(request.scope["user"]))
    except ConflictError as error:
        return see_other("/jobs", error.detail, tone="warn")
    return see_other("/jobs", f"{name} is in the queue.")


@post("/jobs/{run_id:str}/cancel", access=Access.ADMIN, status_code=200, include_in_schema=False)
def cancel_run_form(
    request: PageRequest, run_id: FromPath[str], dashboard: NamedDependency[DashboardService]
) -> Response[Any]:
    run = dashboard.cancel_run(run_id, actor=actor_of(request.scope["user"]))
    return see_other("/jobs", f"{run.job} stops at its next step.")


@post("/jobs/{run_id:str}/retry", access=Access.ADMIN, status_code=200, include_in_schema=False)
def retry_run_form(
    request: PageRequest, run_id: FromPath[str], dashboard: NamedDependency[DashboardService]
) -> Response[Any]:
    run = dashboard.retry_run(run_id, actor=actor_of(request.scope["user"]))
    return see_other("/jobs", f"{run.job} is in the queue again.")


@post("/jobs/purge", access=Access.ADMIN, status_code=200, include_in_schema=False)
def purge_dead_form(request: PageRequest, dashboard: NamedDependency[DashboardService]) -> Response[Any]:
    purged = dashboard.purge_dead(actor=actor_of(request.scope["user"]))
    return see_other("/jobs", f"{purged} dead runs are forgotten.")


ROUTES = [jobs_page, start_job_form, cancel_run_form, retry_run_form, purge_dead_form]
