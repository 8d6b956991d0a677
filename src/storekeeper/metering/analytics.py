"""Metering's statements for the analytics engine."""

import pyarrow as pa

from storekeeper.infra.analytics import Analytics

_DEDUPLICATE = {
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "max_partitions_per_insert_block": 64,
}


class MeteringAnalytics:
    """Stores operations and reads what they add up to."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine

    def insert(self, rows: pa.Table, *, token: str) -> None:
        """Operations and all their sums; the same token again changes nothing."""
        self._engine.insert("operation", rows, token=token, settings=_DEDUPLICATE)
