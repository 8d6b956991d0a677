"""Costs' statements for the analytics engine: facts of days, charges of months, and every owner's share of them."""

from storekeeper.costs.analytics.charges import MOST, OWNERS, CostAnalytics
from storekeeper.costs.analytics.weights import OWNER_KEY

__all__ = ["MOST", "OWNERS", "OWNER_KEY", "CostAnalytics"]
