"""The reads of operations, kept while nothing changes."""

from collections.abc import Callable, Hashable, Iterator
from datetime import timedelta
from typing import TypeVar

import pyarrow as pa

from storekeeper.infra.caching import Kept, ReadCache
from storekeeper.metering import reckoning
from storekeeper.metering.figures import Activity, Filter, Performance, Pulse, Question, Usage
from storekeeper.metering.rules import AHEAD
from storekeeper.metering.service.reading import UsageReader

_T = TypeVar("_T")
_DAY = timedelta(days=1)


class KeptReader:
    """As `UsageReader`; two reads are the same when all that is asked is, and they begin in the same step of time.

    What is newer than the first of them comes as a change, so nothing else tells `until` of the one from the other.
    """

    def __init__(self, reader: UsageReader, cache: ReadCache) -> None:
        self._reader = reader
        self._cache = cache

    def usage(
        self, span: timedelta, *, bucket: str = "", owner: str | None = None, operation: str = ""
    ) -> Kept[Usage]:
        question = self._reader.question(span, bucket=bucket, owner=owner, operation=operation)
        return self._kept(
            "usage",
            question,
            lambda: self._reader.usage(span, bucket=bucket, owner=owner, operation=operation),
        )

    def performance(
        self, span: timedelta, *, bucket: str = "", owner: str | None = None, operation: str = ""
    ) -> Kept[Performance]:
        question = self._reader.question(span, bucket=bucket, owner=owner, operation=operation)
        return self._kept(
            "performance",
            question,
            lambda: self._reader.performance(span, bucket=bucket, owner=owner, operation=operation),
            _columns(question, span),
        )

    def pulse(self, *, bucket: str = "", owner: str | None = None) -> Kept[Pulse]:
        question = self._reader.question(_DAY, bucket=bucket, owner=owner)
        return self._kept("pulse", question, lambda: self._reader.pulse(bucket=bucket, owner=owner))

    def recent(
        self,
        span: timedelta,
        *,
        bucket: str = "",
        owner: str | None = None,
        operation: str = "",
        wanted: Filter | None = None,
        limit: int = 100,
    ) -> Kept[Activity]:
        """Only the first page is kept: further ones are rarely asked for twice."""
        question = self._reader.question(span, bucket=bucket, owner=owner, operation=operation)

        def read() -> Activity:
            return self._reader.recent(
                span, bucket=bucket, owner=owner, operation=operation, wanted=wanted, limit=limit
            )

        if wanted is not None and wanted.newest is not None:
            return Kept(read())
        return self._kept("recent", question, read, wanted or Filter(), limit)

    def export(
        self, span: timedelta, *, bucket: str = "", owner: str | None = None, operation: str = ""
    ) -> Iterator[pa.Table]:
        """Never kept."""
        return self._reader.export(span, bucket=bucket, owner=owner, operation=operation)

    def _kept(self, kind: str, question: Question, read: Callable[[], _T], *more: Hashable) -> Kept[_T]:
        window = question.window
        key = (
            kind, window.before, window.since, window.step, question.bucket_id, question.owner, question.operation, *more
        )  # fmt: skip
        return self._cache.get(key, question.bucket_id, read)


def _columns(question: Question, span: timedelta) -> Hashable:
    """The heat map's last column, which may begin within a step of the sums."""
    step = reckoning.heat_step(span)
    return step and reckoning.floor(question.window.until - AHEAD, step)
