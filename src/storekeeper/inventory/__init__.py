"""What is in the buckets: scans, their snapshots, and the pages that show them."""

from storekeeper.inventory.api import ROUTES as API_ROUTES
from storekeeper.inventory.jobs import jobs
from storekeeper.inventory.pages import ROUTES as PAGE_ROUTES
from storekeeper.inventory.service import InventoryService
from storekeeper.inventory.views import run as run_view

ROUTES = [*API_ROUTES, *PAGE_ROUTES]

__all__ = ["ROUTES", "InventoryService", "jobs", "run_view"]
