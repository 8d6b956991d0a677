"""What storage costs: dated price sheets, and the computation that turns usage into charges."""

from storekeeper.costs.api import ROUTES as API_ROUTES
from storekeeper.costs.compare_pages import ROUTES as COMPARE_ROUTES
from storekeeper.costs.jobs import jobs
from storekeeper.costs.pages import ROUTES as PAGE_ROUTES
from storekeeper.costs.service import CostService

ROUTES = [*API_ROUTES, *PAGE_ROUTES, *COMPARE_ROUTES]

__all__ = ["ROUTES", "CostService", "jobs"]
