"""What is looked at across capabilities: overview, health of the server itself, jobs, metrics."""

from storekeeper.dashboard.api import ROUTES as API_ROUTES
from storekeeper.dashboard.job_pages import ROUTES as JOB_PAGE_ROUTES
from storekeeper.dashboard.jobs_api import ROUTES as JOB_ROUTES
from storekeeper.dashboard.overview import OverviewReader
from storekeeper.dashboard.own_pages import ROUTES as OWN_ROUTES
from storekeeper.dashboard.pages import ROUTES as PAGE_ROUTES
from storekeeper.dashboard.problems import ROUTES as PROBLEM_ROUTES
from storekeeper.dashboard.service import DashboardService
from storekeeper.dashboard.storage import StorageReader
from storekeeper.dashboard.storage_api import ROUTES as STORAGE_ROUTES

ROUTES = [
    *API_ROUTES,
    *JOB_ROUTES,
    *JOB_PAGE_ROUTES,
    *PAGE_ROUTES,
    *OWN_ROUTES,
    *PROBLEM_ROUTES,
    *STORAGE_ROUTES,
]

__all__ = ["ROUTES", "DashboardService", "OverviewReader", "StorageReader"]
