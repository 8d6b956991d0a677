"""Every S3 operation of the applications that use the buckets: taken in, kept, counted."""

from storekeeper.metering.api import ROUTES
from storekeeper.metering.service import MeteringService

__all__ = ["ROUTES", "MeteringService"]
