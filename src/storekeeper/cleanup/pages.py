"""Pages: policies and runs, one policy, one plan, one run."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter, URLEncodedBody

from storekeeper.access import actor_of, people_only
from storekeeper.buckets import BucketService
from storekeeper.cleanup import views
from storekeeper.cleanup.api.exports import number
from storekeeper.cleanup.model import Confirmation, Outcome, PlanState
from storekeeper.cleanup.service import CleanupService
from storekeeper.cleanup.service.runs import OPEN
from storekeeper.cleanup.views import ConfirmForm, PolicyForm, RemoveForm
from storekeeper.infra.web import Access, get, post, render, see_other
from storekeeper.kernel.errors import BadInputError, StorekeeperError

HERE = "/cleanup"
SHOWN, RUNS = 50, 20
PageRequest = Request[Any, Any, Any]
Service = NamedDependency[CleanupService]
Buckets = NamedDependency[BucketService]
_POLICY = HERE + "/policies/{name:str}"
_PLAN = HERE + "/plans/{plan_id:str}"
_RUN = HERE + "/runs/{cleanup_id:str}"


@get(HERE, access=Access.READ, include_in_schema=False)
def cleanup_page(request: PageRequest, cleanup: Service, buckets: Buckets) -> Response[Any]:
    return _list(request, cleanup, buckets)


@post(HERE, access=Access.ADMIN, status_code=200, include_in_schema=False)
def new_policy_form(
    request: PageRequest, cleanup: Service, buckets: Buckets, data: URLEncodedBody[PolicyForm]
) -> Response[Any]:
    try:
        made = cleanup.policies.add(views.new_policy(data), actor=_actor(request))
    except StorekeeperError as error:
        return _list(request, cleanup, buckets, form=data, problem=error)
    return see_other(f"{HERE}/policies/{made.name}", "Added. Make a plan to see what it would delete.")


@get(_POLICY, access=Access.READ, include_in_schema=False)
def policy_page(request: PageRequest, cleanup: Service, name: FromPath[str]) -> Response[Any]:
    return _policy(request, cleanup, name)


@post(_POLICY, access=Access.ADMIN, status_code=200, include_in_schema=False)
def edit_policy_form(
    request: PageRequest, cleanup: Service, name: FromPath[str], data: URLEncodedBody[PolicyForm]
) -> Response[Any]:
    try:
        cleanup.policies.edit(name, views.change(data), actor=_actor(request))
    except StorekeeperError as error:
        return _policy(request, cleanup, name, form=data, problem=error)
    return see_other(f"{HERE}/policies/{name}", "Saved.")


@post(_POLICY + "/remove", access=Access.ADMIN, status_code=200, include_in_schema=False)
def remove_policy_form(
    request: PageRequest, cleanup: Service, name: FromPath[str], data: URLEncodedBody[RemoveForm]
) -> Response[Any]:
    try:
        cleanup.policies.remove(name, data.remove_reason, actor=_actor(request))
    except StorekeeperError as error:
        return _policy(request, cleanup, name, problem=error)
    return see_other(HERE, f"The policy {name} is removed.")


@post(_POLICY + "/plan", access=Access.ADMIN, status_code=200, include_in_schema=False)
def plan_form(request: PageRequest, cleanup: Service, name: FromPath[str]) -> Response[Any]:
    try:
        run = cleanup.plans.start(name, actor=_actor(request))
    except StorekeeperError as error:
        return _policy(request, cleanup, name, problem=error)
    return see_other(f"{HERE}/plans/{run.id}")


@get(_PLAN, access=Access.READ, include_in_schema=False)
def plan_page(
    request: PageRequest, cleanup: Service, plan_id: FromPath[str], cursor: FromQuery[str] = ""
) -> Response[Any]:
    return _plan(request, cleanup, plan_id, cursor=cursor)


@post(_PLAN + "/confirm", access=Access.ADMIN, guards=[people_only], status_code=200, include_in_schema=False)
def confirm_form(
    request: PageRequest, cleanup: Service, plan_id: FromPath[str], data: URLEncodedBody[ConfirmForm]
) -> Response[Any]:
    try:
        if data.bucket_name.strip() != cleanup.plans.get(plan_id).bucket:
            raise BadInputError("What was typed is not the bucket's name.")
        seen = Confirmation(objects=data.objects, bytes=data.bytes)
        run_id = cleanup.confirm(plan_id, seen, actor=_actor(request))
    except StorekeeperError as error:
        return _plan(request, cleanup, plan_id, problem=error)
    return see_other(f"{HERE}/runs/{run_id}", "The clean-up begins.")


@get(_RUN, access=Access.READ, include_in_schema=False)
def run_page(
    request: PageRequest,
    cleanup: Service,
    cleanup_id: FromPath[str],
    outcome: Annotated[str, QueryParameter(name="outcome")] = "",
    cursor: FromQuery[str] = "",
) -> Response[Any]:
    return _run(request, cleanup, cleanup_id, outcome=outcome, cursor=cursor)


@post(_RUN + "/stop", access=Access.ADMIN, status_code=200, include_in_schema=False)
def stop_form(request: PageRequest, cleanup: Service, cleanup_id: FromPath[str]) -> Response[Any]:
    try:
        cleanup.runs.stop(cleanup_id, actor=_actor(request))
    except StorekeeperError as error:
        return _run(request, cleanup, cleanup_id, problem=error)
    return see_other(f"{HERE}/runs/{cleanup_id}", "It stops. What was deleted is in the log.")


@post(_RUN + "/restore", access=Access.ADMIN, status_code=200, include_in_schema=False)
def restore_form(request: PageRequest, cleanup: Service, cleanup_id: FromPath[str]) -> Response[Any]:
    try:
        cleanup.restoring.start(cleanup_id, actor=_actor(request))
    except StorekeeperError as error:
        return _run(request, cleanup, cleanup_id, problem=error)
    return see_other(f"{HERE}/runs/{cleanup_id}", "What was deleted is being brought back.")


def _list(
    request: PageRequest,
    cleanup: CleanupService,
    buckets: BucketService,
    *,
    form: PolicyForm | None = None,
    problem: StorekeeperError | None = None,
) -> Response[Any]:
    runs = cleanup.runs.page(limit=RUNS).items
    newest = {run.policy: run for run in reversed(runs)}
    asking = [
        plan for plan in cleanup.plans.page(limit=RUNS).items if plan.state is PlanState.READY and plan.asks
    ]
    return render(
        request,
        "cleanup/policies.html",
        title="Clean-up",
        rows=[views.policy_row(policy, newest.get(policy.name)) for policy in cleanup.policies.all()],
        runs=[views.run_row(run) for run in runs],
        asking=asking,
        under_way=any(run.state in OPEN for run in runs),
        buckets=[{"value": one.name, "label": one.name} for one in buckets.all()],
        values=form or PolicyForm(enabled=True),
        problem=problem,
    )


def _policy(
    request: PageRequest,
    cleanup: CleanupService,
    name: str,
    *,
    form: PolicyForm | None = None,
    problem: StorekeeperError | None = None,
) -> Response[Any]:
    policy = cleanup.policies.get(name)
    return render(
        request,
        "cleanup/policy.html",
        title=policy.name,
        policy=policy,
        what=views.in_words(policy),
        when=views.when(policy),
        plans=[views.plan_row(plan) for plan in cleanup.plans.page(policy=name, limit=RUNS).items],
        runs=[views.run_row(run) for run in cleanup.runs.page(policy=name, limit=RUNS).items],
        values=form or views.form_of(policy),
        problem=problem,
    )


def _plan(
    request: PageRequest,
    cleanup: CleanupService,
    plan_id: str,
    *,
    cursor: str = "",
    problem: StorekeeperError | None = None,
) -> Response[Any]:
    plan = cleanup.plans.get(plan_id)
    listed = plan.state in (PlanState.READY, PlanState.EXPIRED, PlanState.CONFIRMED)
    after = number(cursor)
    page = cleanup.plans.objects(plan_id, after=after, limit=SHOWN) if listed else None
    return render(
        request,
        "cleanup/plan.html",
        title="Plan",
        plan=plan,
        tone=views.PLAN_TONES.get(plan.state, "neutral"),
        what=views.in_words(plan.choice),
        cards=views.plan_cards(plan),
        groups=[
            {"name": one.name or "(top level)", "bytes": one.bytes, "objects": one.objects,
             "share": one.bytes / plan.bytes if plan.bytes else 0}
            for one in plan.by_prefix
        ],
        ages=[
            {"name": one.name, "bytes": one.bytes, "objects": one.objects,
             "share": one.bytes / plan.bytes if plan.bytes else 0}
            for one in plan.by_age
        ],
        objects=page.items if page else [],
        paging={
            "first": after + 1 if page and page.items else 0,
            "last": after + len(page.items) if page else 0,
            "total": plan.objects,
            "previous": str(max(0, after - SHOWN)) if after else None,
            "next": page.next_cursor if page else None,
        },
        problem=problem,
    )  # fmt: skip


def _run(
    request: PageRequest,
    cleanup: CleanupService,
    run_id: str,
    *,
    outcome: str = "",
    cursor: str = "",
    problem: StorekeeperError | None = None,
) -> Response[Any]:
    run = cleanup.runs.get(run_id)
    chosen = Outcome(outcome) if outcome in set(Outcome) else None
    log = cleanup.runs.log(run_id, after=number(cursor), limit=SHOWN, outcome=chosen)
    return render(
        request,
        "cleanup/run.html",
        title="Run",
        run=run,
        tone=views.RUN_TONES[run.state],
        under_way=run.state in OPEN or run.restoring,
        is_open=run.state in OPEN,
        fraction=views.fraction(run),
        cards=views.run_cards(run),
        log=[{"one": one, "tone": views.OUTCOME_TONES[one.outcome]} for one in log.items],
        filters=[{"name": "outcome", "label": "Outcome", "value": outcome, "options": views.OUTCOME_FILTER}],
        next=log.next_cursor,
        problem=problem,
    )


def _actor(request: PageRequest) -> str:
    return actor_of(request.scope["user"])


ROUTES = [
    cleanup_page,
    new_policy_form,
    policy_page,
    edit_policy_form,
    remove_policy_form,
    plan_form,
    plan_page,
    confirm_form,
    run_page,
    stop_form,
    restore_form,
]
