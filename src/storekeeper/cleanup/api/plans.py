"""Routes of plans."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from storekeeper.access import actor_of, people_only
from storekeeper.cleanup.api import exports
from storekeeper.cleanup.api.policies import TAGS, Service, Started, WebRequest
from storekeeper.cleanup.model import Confirmation, Plan, PlannedObject, PlannedPage, PlanPage
from storekeeper.infra.web import Access, get, openapi, post, tables

_PATH = "/api/cleanup/plans"
_ONE = _PATH + "/{plan_id:str}"


@get(_PATH, access=Access.READ, tags=TAGS, summary="Clean-up plans")
def list_cleanup_plans(
    cleanup: Service, policy: FromQuery[str] = "", cursor: FromQuery[str] = "", limit: FromQuery[int] = 50
) -> PlanPage:
    """Newest first."""
    return cleanup.plans.page(policy=policy, before=cursor, limit=limit)


@get(_ONE, access=Access.READ, tags=TAGS, summary="What one run would delete, in figures")
def show_cleanup_plan(plan_id: FromPath[str], cleanup: Service) -> Plan:
    return cleanup.plans.get(plan_id)


@get(
    _ONE + "/objects",
    access=Access.READ,
    tags=TAGS,
    summary="What one run would delete, object by object",
    operation_class=openapi.OrFile,
)
def list_planned_objects(
    request: WebRequest,
    plan_id: FromPath[str],
    cleanup: Service,
    cursor: FromQuery[str] = "",
    limit: FromQuery[int] = 100,
    form: tables.Form = "",
) -> Response[PlannedPage]:
    """In the order of the listing, page by page; all of them as CSV, NDJSON, Parquet or Arrow."""
    form = tables.form_of(request, form, tables.STREAMS)
    if form == "json":
        return Response(cleanup.plans.objects(plan_id, after=exports.number(cursor), limit=limit))
    ledger, name = cleanup.plans.open(plan_id), f"plan-{plan_id}"
    return exports.file_of(ledger, ledger.planned, PlannedObject, form=form, name=name)


@post(
    _ONE + "/confirm",
    access=Access.ADMIN,
    guards=[people_only],
    tags=TAGS,
    status_code=202,
    summary="Delete what a plan lists",
)
def confirm_cleanup_plan(
    plan_id: FromPath[str], data: JSONBody[Confirmation], request: WebRequest, cleanup: Service
) -> Started:
    """Objects that are not as they were planned are spared. Only for people: no API key confirms a plan."""
    return Started(run_id=cleanup.confirm(plan_id, data, actor=actor_of(request.scope["user"])))


ROUTES = [list_cleanup_plans, show_cleanup_plan, list_planned_objects, confirm_cleanup_plan]
