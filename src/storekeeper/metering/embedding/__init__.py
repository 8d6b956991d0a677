"""Links to embedded pages, each of one owner: made, checked, revoked."""

from storekeeper.metering.embedding.service import EmbedLinks

__all__ = ["EmbedLinks"]
