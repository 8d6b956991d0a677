"""Taking operations in, moving them on, and reading what they add up to."""

from storekeeper.infra.caching import Kept
from storekeeper.metering.service.metering import MeteringService

__all__ = ["Kept", "MeteringService"]
