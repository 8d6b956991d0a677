"""All routes of costs."""

from storekeeper.costs.api import ROUTES as API_ROUTES
from storekeeper.costs.budgets import ROUTES as BUDGET_ROUTES
from storekeeper.costs.compare_pages import ROUTES as COMPARE_ROUTES
from storekeeper.costs.editing import ROUTES as EDITING_ROUTES
from storekeeper.costs.focus.api import ROUTES as FOCUS_ROUTES
from storekeeper.costs.invoices.api import ROUTES as INVOICE_ROUTES
from storekeeper.costs.invoices.pages import ROUTES as INVOICE_PAGES
from storekeeper.costs.pages import ROUTES as PAGE_ROUTES

ROUTES = [
    *API_ROUTES,
    *PAGE_ROUTES,
    *COMPARE_ROUTES,
    *BUDGET_ROUTES,
    *EDITING_ROUTES,
    *FOCUS_ROUTES,
    *INVOICE_ROUTES,
    *INVOICE_PAGES,
]
