"""What storage costs: dated price sheets, and the computation that turns usage into charges."""

from storekeeper.costs.budgets import BudgetService
from storekeeper.costs.editing import SheetEditor
from storekeeper.costs.focus import FocusService
from storekeeper.costs.invoices import InvoiceService, Reconciler
from storekeeper.costs.jobs import jobs
from storekeeper.costs.routes import ROUTES
from storekeeper.costs.service import CostService
from storekeeper.costs.unclassified import UnclassifiedWatch

__all__ = [
    "ROUTES",
    "BudgetService",
    "CostService",
    "FocusService",
    "InvoiceService",
    "Reconciler",
    "SheetEditor",
    "UnclassifiedWatch",
    "jobs",
]
