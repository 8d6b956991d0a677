"""Pages: what a month would cost elsewhere, and where money can be saved."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery

from storekeeper.buckets import BucketService
from storekeeper.costs import compare_views, views
from storekeeper.costs.service import CostService
from storekeeper.infra.web import Access, get, render
from storekeeper.kernel.clock import Clock

ACCOUNTS = 5  # shown at a time, each with all of its alternatives
PageRequest = Request[Any, Any, Any]
Service = NamedDependency[CostService]
Buckets = NamedDependency[BucketService]


@get("/costs/compare", access=Access.READ, include_in_schema=False)
def comparison_page(
    request: PageRequest,
    costs: Service,
    buckets: Buckets,
    clock: NamedDependency[Clock],
    month: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[Any]:
    found = costs.compare(month)
    start, paging = compare_views.page(len(found.accounts), cursor, ACCOUNTS)
    return render(
        request,
        "costs/comparison.html",
        title="Compare providers",
        month=found.month,
        months=views.months(clock.now().date(), found.month),
        completed=found.completed,
        accounts=compare_views.accounts(found.accounts[start : start + ACCOUNTS]),
        paging=paging,
        **_shell(request, buckets),
    )


@get("/costs/savings", access=Access.READ, include_in_schema=False)
def savings_page(request: PageRequest, costs: Service, buckets: Buckets) -> Response[Any]:
    found = costs.savings()
    return render(
        request,
        "costs/savings.html",
        title="Savings",
        completed=found.completed,
        savings=compare_views.savings(found),
        **_shell(request, buckets),
    )


def _shell(request: PageRequest, buckets: BucketService) -> views.View:
    return {
        "buckets": [one.name for one in buckets.all()],
        "tabs": views.tabs(request.url.path, dict(request.query_params)),
    }


ROUTES = [comparison_page, savings_page]
