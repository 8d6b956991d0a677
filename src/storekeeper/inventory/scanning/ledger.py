"""Writes down what was listed, so that a crash at any moment costs no more than the last batch.

Rows go into analytics first, under a batch number; then one transaction of the control database takes the batch into
account together with the shards as they stand after it. Rows of a batch that is not accounted for are deleted before
a scan goes on.
"""

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from storekeeper.inventory.model import Scan, Shard
from storekeeper.inventory.scanning.frontier import Event

BATCH_ROWS = 50_000


class Ledger:
    """The only writer of one scan. `insert` stores rows under a batch number; `commit` accounts for it."""

    def __init__(
        self,
        scan: Scan,
        *,
        insert: Callable[[pa.Table, int], None],
        commit: Callable[[Scan, Mapping[int, Shard]], None],
        batch_rows: int = BATCH_ROWS,
    ) -> None:
        self.scan = scan
        self._insert = insert
        self._commit = commit
        self._batch_rows = batch_rows
        self._rows: list[pa.Table] = []
        self._shards: dict[int, Shard] = {}
        self._pending = 0

    def add(self, event: Event) -> None:
        """Take an event in; writes when a batch is full."""
        for shard in event.shards:
            self._shards[shard.number] = shard
        if event.rows is not None and event.rows.num_rows:
            self._rows.append(event.rows)
            self._pending += event.rows.num_rows
        self.scan = self._counted(event)
        if self._pending >= self._batch_rows:
            self.flush()

    def flush(self) -> None:
        """Make everything so far durable."""
        scan = self.scan
        if self._rows:
            scan = replace(scan, batches=scan.batches + 1)
            self._insert(pa.concat_tables(self._rows), scan.batches)
        self._commit(scan, self._shards)
        self.scan = scan
        self._rows, self._shards, self._pending = [], {}, 0

    def _counted(self, event: Event) -> Scan:
        rows = event.rows
        size = (pc.sum(rows["size"]).as_py() or 0) if rows is not None else 0
        return replace(
            self.scan,
            objects=self.scan.objects + (rows.num_rows if rows is not None else 0),
            bytes=self.scan.bytes + size,
            shards_done=self.scan.shards_done + sum(shard.done for shard in event.shards),
            shards_total=max(self.scan.shards_total, *(shard.number + 1 for shard in event.shards)),
        )
