"""Pages: what a month costs, its single charges, and the price sheets."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody

from storekeeper.access import actor_of
from storekeeper.buckets import BucketService
from storekeeper.costs import views
from storekeeper.costs.budgets import views as budget_views
from storekeeper.costs.budgets.service import BudgetService
from storekeeper.costs.service import CALCULATE, CostService
from storekeeper.infra.jobs import ACTIVE, Jobs, RunStatus
from storekeeper.infra.web import Access, get, post, render, see_other
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import ConflictError

HERE = "/costs"
CHARGES = 50
PageRequest = Request[Any, Any, Any]
Service = NamedDependency[CostService]
Buckets = NamedDependency[BucketService]
Runs = NamedDependency[Jobs]
Time = NamedDependency[Clock]


@get(HERE, access=Access.READ, include_in_schema=False)
def costs_page(
    request: PageRequest,
    costs: Service,
    buckets: Buckets,
    jobs: Runs,
    clock: Time,
    budgets: NamedDependency[BudgetService],
    month: FromQuery[str] = "",
    bucket: FromQuery[str] = "",
    currency: FromQuery[str] = "",
) -> Response[Any]:
    report, query = costs.report(month, bucket, currency), dict(request.query_params)
    shell = _shell(request, buckets, clock, report.month, bucket)
    return render(
        request,
        "costs/costs.html",
        title="Costs",
        report=report,
        any=bool(report.trend),
        cards=views.cards(report, clock.now().date()),
        chart=views.by_day(report) if report.trend else None,
        days=views.day_rows(report),
        day_csv=views.csv(query, report, "trend"),
        breakdowns=views.breakdowns(report, query, shell["buckets"]),
        unset=[sheet for sheet in report.sheets if sheet.unset],
        problems=costs.sheets().problems,
        trust_tone=views.tone_of_trust,
        strained=budget_views.strained(budgets.not_well()),
        work=_work(jobs),
        charges=f"{HERE}/charges?{urlencode(_kept(month=month, bucket=bucket))}".rstrip("?"),
        **shell,
    )


@get(HERE + "/charges", access=Access.READ, include_in_schema=False)
def charges_page(
    request: PageRequest,
    costs: Service,
    buckets: Buckets,
    clock: Time,
    month: FromQuery[str] = "",
    bucket: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[Any]:
    found = costs.charges(month, bucket, limit=CHARGES, cursor=cursor)
    before = int(cursor) if cursor.isdecimal() else 0
    shown = len(found.items)
    return render(
        request,
        "costs/charges.html",
        title="Charges",
        rows=[views.charge_row(line) for line in found.items],
        paging={
            "first": before + 1 if shown else 0,
            "last": before + shown if shown else 0,
            "previous": (str(before - CHARGES) if before > CHARGES else "") if before else None,
            "next": found.next_cursor,
        },
        **_shell(request, buckets, clock, month or clock.now().strftime("%Y-%m"), bucket),
    )


@get(HERE + "/prices", access=Access.READ, include_in_schema=False)
def prices_page(request: PageRequest, costs: Service) -> Response[Any]:
    found = costs.sheets()
    return render(
        request,
        "costs/prices.html",
        title="Price sheets",
        sheets=found.items,
        problems=found.problems,
        trust_tone=views.tone_of_trust,
        tabs=views.tabs(request.url.path, dict(request.query_params)),
    )


@post(HERE + "/calculate", access=Access.ADMIN, status_code=200, include_in_schema=False)
def calculate_costs_form(
    request: PageRequest, costs: Service, data: URLEncodedBody[dict[str, str]]
) -> Response[Any]:
    kept = urlencode(_kept(**{name: data.get(name, "") for name in ("month", "bucket", "currency")}))
    target = f"{HERE}?{kept}".rstrip("?")
    try:
        costs.start(actor=actor_of(request.scope["user"]))
    except ConflictError as error:
        return see_other(target, error.detail, tone="warn")
    return see_other(target, "Costs are being worked out.")


def _shell(request: PageRequest, buckets: BucketService, clock: Clock, month: str, bucket: str) -> views.View:
    return {
        "months": views.months(clock.now().date(), month),
        "month": f"{views.first_day(month):%Y-%m}",
        "bucket": bucket,
        "buckets": [one.name for one in buckets.all()],
        "tabs": views.tabs(request.url.path, dict(request.query_params)),
    }


def _work(jobs: Jobs) -> views.View:
    """How the last calculation went, and whether one is under way."""
    newest = next(iter(jobs.find(job=CALCULATE, limit=1)), None)
    succeeded = next(iter(jobs.find(job=CALCULATE, statuses=[RunStatus.SUCCEEDED], limit=1)), None)
    return {
        "under_way": newest is not None and newest.status in ACTIVE,
        "error": newest.error if newest and newest.status in (RunStatus.DEAD, RunStatus.RETRYING) else "",
        "at": succeeded.finished_at if succeeded else None,
    }


def _kept(**query: str) -> dict[str, str]:
    return {name: value for name, value in query.items() if value}


ROUTES = [costs_page, charges_page, prices_page, calculate_costs_form]
