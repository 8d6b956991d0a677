"""Calculated charges in the form of FOCUS, the open specification of billing data, version 1.2."""

from storekeeper.costs.focus.service import FocusService, Split

__all__ = ["FocusService", "Split"]
