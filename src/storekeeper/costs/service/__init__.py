"""Costs at work: facts, charges, reports."""

from storekeeper.costs.service.calculating import Calculated
from storekeeper.costs.service.costs import CALCULATE, CostService

__all__ = ["CALCULATE", "Calculated", "CostService"]
