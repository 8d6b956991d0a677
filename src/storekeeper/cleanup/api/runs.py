"""Routes of runs."""

from functools import partial

from litestar import Response
from litestar.params import FromPath, FromQuery

from storekeeper.access import actor_of
from storekeeper.cleanup.api import exports
from storekeeper.cleanup.api.policies import TAGS, Service, Started, WebRequest
from storekeeper.cleanup.model import CleanupRun, LoggedObject, LogPage, Outcome, RunPage
from storekeeper.infra.web import Access, get, openapi, post, tables

_PATH = "/api/cleanup/runs"
_ONE = _PATH + "/{cleanup_id:str}"


@get(_PATH, access=Access.READ, tags=TAGS, summary="Clean-ups, and what they deleted")
def list_cleanup_runs(
    cleanup: Service, policy: FromQuery[str] = "", cursor: FromQuery[str] = "", limit: FromQuery[int] = 50
) -> RunPage:
    """Newest first."""
    return cleanup.runs.page(policy=policy, before=cursor, limit=limit)


@get(_ONE, access=Access.READ, tags=TAGS, summary="One clean-up")
def show_cleanup_run(cleanup_id: FromPath[str], cleanup: Service) -> CleanupRun:
    return cleanup.runs.get(cleanup_id)


@get(
    _ONE + "/log",
    access=Access.READ,
    tags=TAGS,
    summary="What became of each object",
    operation_class=openapi.OrFile,
)
def show_cleanup_log(
    request: WebRequest,
    cleanup_id: FromPath[str],
    cleanup: Service,
    outcome: FromQuery[Outcome | None] = None,
    cursor: FromQuery[str] = "",
    limit: FromQuery[int] = 100,
    form: tables.Form = "",
) -> Response[LogPage]:
    """In the order of the plan, page by page; all of them as CSV, NDJSON, Parquet or Arrow."""
    form = tables.form_of(request, form, tables.STREAMS)
    if form == "json":
        page = cleanup.runs.log(cleanup_id, after=exports.number(cursor), limit=limit, outcome=outcome)
        return Response(page)
    ledger = cleanup.runs.ledger(cleanup.runs.get(cleanup_id))
    rows = partial(ledger.log, outcome=outcome)
    return exports.file_of(ledger, rows, LoggedObject, form=form, name=f"clean-up-{cleanup_id}")


@post(_ONE + "/stop", access=Access.ADMIN, tags=TAGS, status_code=200, summary="Stop a clean-up")
def stop_cleanup_run(cleanup_id: FromPath[str], request: WebRequest, cleanup: Service) -> CleanupRun:
    """At once, but for the few objects that are being deleted at this moment. What was deleted is in the log."""
    return cleanup.runs.stop(cleanup_id, actor=actor_of(request.scope["user"]))


@post(
    _ONE + "/restore",
    access=Access.ADMIN,
    tags=TAGS,
    status_code=202,
    summary="Bring back what a clean-up deleted",
)
def restore_cleanup_run(cleanup_id: FromPath[str], request: WebRequest, cleanup: Service) -> Started:
    """Only from buckets that keep versions."""
    return Started(run_id=cleanup.restoring.start(cleanup_id, actor=actor_of(request.scope["user"])).id)


ROUTES = [list_cleanup_runs, show_cleanup_run, show_cleanup_log, stop_cleanup_run, restore_cleanup_run]
