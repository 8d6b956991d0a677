"""Metering's statements for the analytics engine: operations are stored, and read as sums, quantiles, owners, or one by one."""

from storekeeper.metering.analytics.asking import Rows
from storekeeper.metering.analytics.operations import MeteringAnalytics
from storekeeper.metering.analytics.usage import PARTS

__all__ = ["PARTS", "MeteringAnalytics", "Rows"]
