"""Taking operations in, moving them on, and reading what they add up to."""

from storekeeper.metering.service.embedding import EmbedLinks
from storekeeper.metering.service.metering import MeteringService

__all__ = ["EmbedLinks", "MeteringService"]
