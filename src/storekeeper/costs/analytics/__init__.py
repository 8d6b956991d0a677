"""Costs' statements for the analytics engine: facts of days, charges of months, and every owner's share of them."""

from storekeeper.costs.analytics.charges import CALCULATED, COMING, MOST, OWNERS, CostAnalytics

__all__ = ["CALCULATED", "COMING", "MOST", "OWNERS", "CostAnalytics"]
