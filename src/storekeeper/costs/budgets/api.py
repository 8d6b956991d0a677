"""JSON routes of budgets, and CSV of all of them."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from storekeeper.access import actor_of
from storekeeper.costs.budgets.judging import lines
from storekeeper.costs.budgets.model import Budget, BudgetChange, BudgetPage, NewBudget, OwnBudget
from storekeeper.costs.budgets.service import MOST, BudgetService
from storekeeper.infra.web import Access, Principal, Role, csv_of, delete, get, openapi, patch, post, tables
from storekeeper.kernel.errors import NotAllowedError

WebRequest = Request[Any, Any, Any]
Service = NamedDependency[BudgetService]
Month = Annotated[
    str, QueryParameter(description="For example `2026-11`; the present one when it is left out.")
]
_TAGS = ["Costs"]
_PATH = "/api/budgets"
_ONE = _PATH + "/{budget_id:str}"


@get(
    _PATH,
    access=Access.READ,
    tags=_TAGS,
    summary="Budgets, and how they stand",
    operation_class=openapi.OrCsv,
)
def list_budgets(
    request: WebRequest,
    budgets: Service,
    month: Month = "",
    cursor: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MOST)] = 100,
    form: tables.Form = "",
) -> Response[BudgetPage]:
    """Those that are worst off first."""
    form = tables.form_of(request, form, tables.CSV)
    if form == "csv":
        found = budgets.page(month, limit=MOST)
        return csv_of(lines(found.items), f"budgets-{found.month}.csv")
    return Response(budgets.page(month, cursor=cursor, limit=limit))


@post(_PATH, access=Access.ADMIN, tags=_TAGS, summary="Set what everything, a bucket or an owner may cost")
def add_budget(data: JSONBody[NewBudget], request: WebRequest, budgets: Service) -> Budget:
    return budgets.add(data, actor=actor_of(request.scope["user"]))


@get(_ONE, access=Access.READ, tags=_TAGS, summary="One budget")
def show_budget(budget_id: FromPath[str], budgets: Service, month: Month = "") -> Budget:
    return budgets.get(budget_id, month)


@patch(_ONE, access=Access.ADMIN, tags=_TAGS, summary="Change a budget from a month on")
def edit_budget(
    budget_id: FromPath[str], data: JSONBody[BudgetChange], request: WebRequest, budgets: Service
) -> Budget:
    """What is not given stays. Months before stay as they were."""
    return budgets.edit(budget_id, data, actor=actor_of(request.scope["user"]))


@delete(_ONE, access=Access.ADMIN, tags=_TAGS, summary="Remove a budget")
def remove_budget(
    budget_id: FromPath[str], request: WebRequest, budgets: Service, reason: FromQuery[str]
) -> None:
    budgets.remove(budget_id, reason, actor=actor_of(request.scope["user"]))


@get("/api/user/storage/budget", access=Access.OWN, tags=_TAGS, summary="The budget of one owner")
def show_own_budget(
    request: WebRequest, budgets: Service, month: Month = "", owner: FromQuery[str] = ""
) -> OwnBudget:
    """That of the caller, by their email address as owner; who may read everything may name another."""
    principal: Principal = request.scope["user"]
    if principal.role is Role.USER and owner not in ("", principal.email):
        raise NotAllowedError("This is another owner's.")
    return budgets.of_owner(owner or principal.email, month)


ROUTES = [list_budgets, add_budget, show_budget, edit_budget, remove_budget, show_own_budget]
