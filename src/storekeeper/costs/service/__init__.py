"""Costs at work: facts, charges, reports."""

from storekeeper.costs.service.answers import CALCULATE
from storekeeper.costs.service.calculating import Calculated
from storekeeper.costs.service.costs import CostService

__all__ = ["CALCULATE", "Calculated", "CostService"]
