"""What storage costs: dated price sheets, and the computation that turns usage into charges."""

from storekeeper.costs.api import ROUTES as API_ROUTES
from storekeeper.costs.compare_pages import ROUTES as COMPARE_ROUTES
from storekeeper.costs.focus import FocusService
from storekeeper.costs.focus.api import ROUTES as FOCUS_ROUTES
from storekeeper.costs.invoices import InvoiceService, Reconciler
from storekeeper.costs.invoices.api import ROUTES as INVOICE_ROUTES
from storekeeper.costs.invoices.pages import ROUTES as INVOICE_PAGES
from storekeeper.costs.jobs import jobs
from storekeeper.costs.pages import ROUTES as PAGE_ROUTES
from storekeeper.costs.service import CostService

ROUTES = [*API_ROUTES, *PAGE_ROUTES, *COMPARE_ROUTES, *FOCUS_ROUTES, *INVOICE_ROUTES, *INVOICE_PAGES]

__all__ = ["ROUTES", "CostService", "FocusService", "InvoiceService", "Reconciler", "jobs"]
