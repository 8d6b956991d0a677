"""JSON routes of costs, and CSV of their parts."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from storekeeper.access import actor_of
from storekeeper.costs.model.compared import Comparison, SavingList
from storekeeper.costs.model.report import ChargePage, ClosedMonthList, CostReport, OwnCosts, SheetList
from storekeeper.costs.service import CostService
from storekeeper.infra.web import Access, Principal, Role, csv_of, get, openapi, post, tables
from storekeeper.kernel.errors import BadInputError, NotAllowedError

Service = NamedDependency[CostService]
Month = Annotated[
    str, QueryParameter(description="For example `2026-11`; the present one when it is left out.")
]
_TAGS = ["Costs"]
_MOST = 1000
_PARTS = {
    "trend": "trend", "byBucket": "by_bucket", "byStorageClass": "by_storage_class", "byOperation": "by_operation",
    "byKind": "by_kind", "byOwner": "by_owner",
}  # fmt: skip


class Reopening(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class Started(msgspec.Struct, frozen=True, rename="camel"):
    run_id: str


@get(
    "/api/admin/metrics/costs",
    access=Access.READ,
    tags=_TAGS,
    summary="What a month costs up to now",
    operation_class=openapi.OrCsv,
)
def show_costs(
    request: Request[Any, Any, Any],
    costs: Service,
    month: Month = "",
    bucket: FromQuery[str] = "",
    currency: FromQuery[str] = "",
    form: tables.Form = "",
    table: FromQuery[str] = "trend",
) -> Response[CostReport]:
    """With what it will cost, by day, bucket, storage class, operation, kind and owner; `table` says which part CSV holds."""
    report = costs.report(month, bucket, currency)
    form = tables.form_of(request, form, tables.CSV)
    if form == "json":
        return Response(report)
    if table not in _PARTS:
        raise BadInputError(f"unknown table {table!r}", hint=f"Choose one of {', '.join(_PARTS)}.")
    return csv_of(getattr(report, _PARTS[table]), f"costs-{report.month}-{table}.csv")


@get("/api/user/storage/costs", access=Access.OWN, tags=_TAGS, summary="One owner's share of a month's costs")
def show_own_costs(
    request: Request[Any, Any, Any], costs: Service, month: Month = "", owner: FromQuery[str] = ""
) -> OwnCosts:
    """That of the caller, by their email address as owner; who may read everything may name another."""
    principal: Principal = request.scope["user"]
    if principal.role is Role.USER and owner not in ("", principal.email):
        raise NotAllowedError("This is another owner's.")
    return costs.own(owner or principal.email, month)


@get(
    "/api/costs/charges", access=Access.READ, tags=_TAGS, summary="Single charges, each with its computation"
)
def list_charges(
    costs: Service,
    month: Month = "",
    bucket: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=_MOST)] = 100,
) -> ChargePage:
    return costs.charges(month, bucket, limit=limit, cursor=cursor)


@get(
    "/api/costs/comparison",
    access=Access.READ,
    tags=_TAGS,
    summary="What a month would cost at other providers and in other storage classes",
)
def compare_costs(costs: Service, month: Month = "") -> Comparison:
    """The same workload everywhere, with what moving costs once and after how many months it has paid."""
    return costs.compare(month)


@get("/api/costs/savings", access=Access.READ, tags=_TAGS, summary="Where money could be saved")
def list_savings(costs: Service) -> SavingList:
    """Each with its amount a month, how sure that is, the arithmetic, and how to act."""
    return costs.savings()


@get(
    "/api/prices",
    access=Access.READ,
    tags=_TAGS,
    summary="Price sheets, their age, and what is wrong with one's own",
)
def list_prices(costs: Service) -> SheetList:
    return costs.sheets()


@get("/api/costs/months", access=Access.READ, tags=_TAGS, summary="Months that are closed")
def list_closed_months(costs: Service) -> ClosedMonthList:
    """Five days into the next month a month is closed: it stays, with the version of the price sheets that it is by."""
    return costs.closed_months()


@post(
    "/api/costs/months/{month:str}/reopen",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=204,
    summary="Have a closed month worked out anew",
)
def reopen_month(
    request: Request[Any, Any, Any], costs: Service, month: FromPath[str], data: JSONBody[Reopening]
) -> None:
    """By present price sheets, with the next calculation, which closes it again. 409 when it is not closed."""
    costs.reopen(month, actor=actor_of(request.scope["user"]), reason=data.reason)


@post(
    "/api/monitoring/calculate-costs",
    access=Access.ADMIN,
    tags=_TAGS,
    status_code=202,
    summary="Work out costs now",
)
def calculate_costs(request: Request[Any, Any, Any], costs: Service) -> Started:
    """409 with the `runId` of the run that is under way already."""
    return Started(costs.start(actor=actor_of(request.scope["user"])).id)


ROUTES = [
    show_costs,
    show_own_costs,
    list_charges,
    compare_costs,
    list_savings,
    list_prices,
    list_closed_months,
    reopen_month,
    calculate_costs,
]
