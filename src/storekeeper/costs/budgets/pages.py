"""Pages: all budgets with how they stand, and one budget."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from storekeeper.access import actor_of
from storekeeper.buckets import BucketService
from storekeeper.costs import views as cost_views
from storekeeper.costs.budgets import views
from storekeeper.costs.budgets.service import BudgetService
from storekeeper.costs.budgets.views import BudgetForm, RemoveForm
from storekeeper.infra.web import Access, get, post, render, see_other
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError

HERE = "/costs/budgets"
SHOWN = 50
PageRequest = Request[Any, Any, Any]
Service = NamedDependency[BudgetService]
Buckets = NamedDependency[BucketService]
Time = NamedDependency[Clock]
_ONE = HERE + "/{budget_id:str}"


@get(HERE, access=Access.READ, include_in_schema=False)
def budgets_page(
    request: PageRequest,
    budgets: Service,
    buckets: Buckets,
    clock: Time,
    month: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[Any]:
    return _list(request, budgets, buckets, clock, month=month, cursor=cursor)


@post(HERE, access=Access.ADMIN, status_code=200, include_in_schema=False)
def new_budget_form(
    request: PageRequest, budgets: Service, buckets: Buckets, clock: Time, data: URLEncodedBody[BudgetForm]
) -> Response[Any]:
    try:
        made = budgets.add(views.new_budget(data), actor=_actor(request))
    except StorekeeperError as error:
        return _list(request, budgets, buckets, clock, form=data, problem=error)
    return see_other(HERE, f"There is a budget for {views.subject(made.scope, made.name)} now.")


@get(_ONE, access=Access.READ, include_in_schema=False)
def budget_page(
    request: PageRequest, budgets: Service, clock: Time, budget_id: FromPath[str], month: FromQuery[str] = ""
) -> Response[Any]:
    return _one(request, budgets, clock, budget_id, month=month)


@post(_ONE, access=Access.ADMIN, status_code=200, include_in_schema=False)
def edit_budget_form(
    request: PageRequest,
    budgets: Service,
    clock: Time,
    budget_id: FromPath[str],
    data: URLEncodedBody[BudgetForm],
) -> Response[Any]:
    try:
        budgets.edit(budget_id, views.change(data), actor=_actor(request))
    except StorekeeperError as error:
        return _one(request, budgets, clock, budget_id, form=data, problem=error)
    return see_other(f"{HERE}/{budget_id}", "Saved.")


@post(f"{_ONE}/remove", access=Access.ADMIN, status_code=200, include_in_schema=False)
def remove_budget_form(
    request: PageRequest, budgets: Service, clock: Time, budget_id: FromPath[str], data: URLEncodedBody[RemoveForm]
) -> Response[Any]:  # fmt: skip
    before = budgets.get(budget_id)
    try:
        budgets.remove(budget_id, data.remove_reason, actor=_actor(request))
    except StorekeeperError as error:
        return _one(request, budgets, clock, budget_id, problem=error)
    return see_other(HERE, f"The budget for {views.subject(before.scope, before.name)} is removed.")


def _list(
    request: PageRequest,
    budgets: BudgetService,
    buckets: BucketService,
    clock: Clock,
    *,
    month: str = "",
    cursor: str = "",
    form: BudgetForm | None = None,
    problem: StorekeeperError | None = None,
) -> Response[Any]:
    found = budgets.page(month, cursor=cursor, limit=SHOWN)
    before = int(cursor or 0)
    return render(
        request,
        "costs/budgets.html",
        title="Budgets",
        rows=[views.row(one) for one in found.items],
        csv=f"/api/budgets?format=csv&month={found.month}",
        paging={
            "first": before + 1 if found.items else 0,
            "last": before + len(found.items),
            "total": found.total,
            "previous": str(max(0, before - SHOWN)) if before else None,
            "next": found.next_cursor,
        },
        scopes=views.SCOPES,
        buckets=[
            {"value": "", "label": "None"},
            *({"value": one.name, "label": one.name} for one in buckets.all()),
        ],
        values=form or BudgetForm(currency=found.items[0].currency if found.items else ""),
        problem=problem,
        **_shell(request, clock, found.month),
    )


def _one(
    request: PageRequest,
    budgets: BudgetService,
    clock: Clock,
    budget_id: str,
    *,
    month: str = "",
    form: BudgetForm | None = None,
    problem: StorekeeperError | None = None,
) -> Response[Any]:
    budget = budgets.get(budget_id, month)
    row = views.row(budget)
    return render(
        request,
        "costs/budget.html",
        title=f"Budget of {views.subject(budget.scope, budget.name)}",
        row=row,
        subject=views.subject(budget.scope, budget.name),
        cards=views.cards(budget),
        burn=views.burn(budget),
        terms=[views.term_row(one) for one in budget.terms],
        values=form or views.form_of(budget),
        problem=problem,
        **_shell(request, clock, budget.month),
    )


def _shell(request: PageRequest, clock: Clock, month: str) -> dict[str, Any]:
    return {
        "month": month,
        "spelled": cost_views.spelled(cost_views.first_day(month)),
        "months": cost_views.months(clock.now().date(), month),
        "tabs": cost_views.tabs(HERE, dict(request.query_params)),
    }


def _actor(request: PageRequest) -> str:
    return actor_of(request.scope["user"])


ROUTES = [budgets_page, new_budget_form, budget_page, edit_budget_form, remove_budget_form]
