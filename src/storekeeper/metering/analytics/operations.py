"""Stores operations, and reads what they add up to."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from functools import partial
from typing import TypeVar

import pyarrow as pa

from storekeeper.infra.analytics import Analytics
from storekeeper.infra.caching import ReadCache
from storekeeper.metering.analytics import single, speed
from storekeeper.metering.analytics.asking import Rows
from storekeeper.metering.analytics.owners import Ranking
from storekeeper.metering.analytics.usage import Usage, UsageFound
from storekeeper.metering.figures import Filter, Question

_DEDUPLICATE = {
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "optimize_on_insert": 0,  # the views have added up what comes in one insert; merges do the rest
    "max_partitions_per_insert_block": 1000,  # what is imported may reach back a year, a part for each day
}
_T = TypeVar("_T")


class MeteringAnalytics:
    """All of it."""

    def __init__(self, engine: Analytics, over: ReadCache | None = None) -> None:
        """`over` keeps what is told of ranges that are over; without it they are read each time."""
        self._engine, self._over = engine, over

    def insert(self, rows: pa.Table, *, token: str) -> None:
        """Operations and all their sums; the same token again changes nothing."""
        self._engine.insert("operation", rows, token=token, settings=_DEDUPLICATE)

    def insert_packed(self, columns: Sequence[str], rows: bytes, *, token: str) -> None:
        """The same of values of these columns, row by row, as MessagePack."""
        self._engine.insert_packed("operation", columns, rows, token=token, settings=_DEDUPLICATE)

    def ranking(self, question: Question) -> Ranking:
        """Which owners do the most; begun at once."""
        return Ranking(self._engine, self._over, question)

    def usage(self, question: Question, buckets: int, *, beside: bool = False) -> UsageFound:
        """Sums of the range and of the one before; `buckets` is how many there are, `beside` whether something else is read meanwhile."""
        settings = f", {self._engine.half}" if beside else ""
        return Usage(self._engine, self._over, question, settings).found(buckets)

    def speed(self, question: Question) -> dict[str, Rows]:
        """Rows {current, moment (s), operation, quantiles} and sums by what they are apart by: time, operation, all; of the range
        before, without `current`, only sums in all. Quantiles are in milliseconds, NaN without operations.
        """
        return speed.speed(self._engine, question)

    def pulse(self, question: Question) -> dict[str, Rows]:
        """The same with {uploads, downloads}, by time and all, of both ranges."""
        return speed.pulse(self._engine, question)

    def heat(self, question: Question, step: timedelta) -> Future[Rows]:
        """Soon: rows {moment (s), edge (ms), requests}, of whole steps."""
        return self.beside(partial(speed.heat, self._engine, question, step))

    def recent(self, question: Question, wanted: Filter, limit: int) -> Rows:
        """The newest operations, as they came in."""
        return single.newest(self._engine, question, wanted, limit)

    def export(self, question: Question) -> pa.Table:
        """All single operations of the range, oldest first; ask for parts of it."""
        return single.export(self._engine, question)

    def beside(self, read: Callable[[], _T]) -> Future[_T]:
        """Soon: what a read returns that begins no others."""
        return self._engine.beside(read)
