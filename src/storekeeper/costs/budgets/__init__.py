"""Budgets: what everything, a bucket or an owner may cost a month, and how that stands."""

from storekeeper.costs.budgets.api import ROUTES as API_ROUTES
from storekeeper.costs.budgets.pages import ROUTES as PAGE_ROUTES
from storekeeper.costs.budgets.service import BudgetService

ROUTES = [*API_ROUTES, *PAGE_ROUTES]

__all__ = ["ROUTES", "BudgetService"]
