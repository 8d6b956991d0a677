"""Reads what operations add up to, at the resolution that fits the range."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
import pyarrow as pa

from storekeeper.buckets import BucketService
from storekeeper.kernel.clock import Clock
from storekeeper.metering import reckoning
from storekeeper.metering.analytics import MeteringAnalytics, Rows
from storekeeper.metering.figures import (
    Activity,
    Filter,
    Group,
    HeatMap,
    Mover,
    Performance,
    Point,
    Pulse,
    Question,
    Usage,
    Window,
)
from storekeeper.metering.service import presenting
from storekeeper.metering.service.presenting import moment_of

_T = TypeVar("_T")
TOP = 50
MAX_RECENT = 500
MOVERS = 10
EXPORTED = timedelta(minutes=30)  # of operations in memory at once
_DAY = timedelta(days=1)
_JUST_NOW = timedelta(minutes=10)  # what happened then fills most lists


class UsageReader:
    """Safe to share between threads. Methods that take a bucket's name raise UnknownBucketError."""

    def __init__(self, analytics: MeteringAnalytics, buckets: BucketService, clock: Clock) -> None:
        self._analytics = analytics
        self._buckets = buckets
        self._clock = clock

    def question(
        self, span: timedelta, *, bucket: str = "", owner: str | None = None, operation: str = ""
    ) -> Question:
        """What is asked about, if it is asked now."""
        return Question(
            window=reckoning.window(self._clock.now(), span),
            bucket_id=self._buckets.get(bucket).id if bucket else None,
            owner=owner,
            operation=operation or None,
        )

    def usage(
        self, span: timedelta, *, bucket: str = "", owner: str | None = None, operation: str = ""
    ) -> Usage:
        """Up to now, of one bucket, owner or operation, or all."""
        question = self.question(span, bucket=bucket, owner=owner, operation=operation)
        names = self._names()  # before there are others to wait for
        ranking = self._analytics.ranking(question) if owner is None else None
        found = self._analytics.usage(question, len(names), beside=ranking is not None)
        by_bucket = presenting.groups(found.by_bucket, lambda row: names.get(row["bucket_id"], "(removed)"))
        by_operation = presenting.groups(found.by_kind, lambda row: str(row["operation"]))
        window = question.window
        shown = Usage(
            since=window.since,
            until=self._clock.now(),
            previous_since=window.before,
            resolution_seconds=window.seconds,
            totals=presenting.total(found.by_bucket, current=True),
            previous=presenting.total(found.by_bucket, current=False),
            series=presenting.series(found.points),
            bucket_series=presenting.bucket_series(found.points, names),
            by_bucket=by_bucket[:TOP],
            by_owner=[],
            by_operation=by_operation[:TOP],
            by_status=presenting.groups(found.by_kind, lambda row: f"{row['status_class']}xx"),
            top_movers=[],
            provenance=presenting.provenance(found.by_bucket),
        )
        # Owners last: to rank them takes the longest.
        ranked = presenting.owner_groups(ranking.rows(TOP)) if ranking else []
        owners = ranked if ranking else [_one_owner(question, found.by_bucket)]
        moving = {"bucket": by_bucket, "owner": ranked, "operation": by_operation}
        return msgspec.structs.replace(shown, by_owner=owners[:TOP], top_movers=_movers(moving))

    def series(self, span: timedelta, *, bucket: str = "", owner: str | None = None) -> list[Point]:
        """Only what usage is over time."""
        question = self.question(span, bucket=bucket, owner=owner)
        return presenting.series(self._analytics.usage(question, 0).points)

    def performance(
        self, span: timedelta, *, bucket: str = "", owner: str | None = None, operation: str = ""
    ) -> Performance:
        """Up to now, of one bucket, owner or operation, or all."""
        question = self.question(span, bucket=bucket, owner=owner, operation=operation)
        step = reckoning.heat_step(span)
        heat = self._analytics.heat(question, step) if step else None
        found = self._analytics.speed(question)
        window = question.window
        return Performance(
            since=window.since,
            until=self._clock.now(),
            previous_since=window.before,
            resolution_seconds=window.seconds,
            totals=presenting.speed(found["all"]),
            previous=presenting.total(found["all"], current=False),
            series=presenting.speed_series(found["time"]),
            by_operation=presenting.speed_groups(found["operation"]),
            heat_map=self._heat_map(heat.result(), step, window) if heat and step else None,
            heat_map_limit_seconds=int(reckoning.HEAT_LIMIT.total_seconds()),
            provenance=presenting.provenance(found["all"]),
        )

    def soon(self, read: Callable[[], _T]) -> Future[_T]:
        """Begin `pulse`, `recent`, `series` or the `usage` of one owner, or a read elsewhere that begins no others, while something else is read."""
        return self._analytics.beside(read)

    def pulse(self, *, bucket: str = "", owner: str | None = None) -> Pulse:
        """The last 24 hours, and today."""
        question = self.question(_DAY, bucket=bucket, owner=owner)
        found = self._analytics.pulse(question)
        return presenting.pulse(found, question.window, self._clock.now())

    def recent(
        self,
        span: timedelta,
        *,
        bucket: str = "",
        owner: str | None = None,
        operation: str = "",
        wanted: Filter | None = None,
        limit: int = 100,
    ) -> Activity:
        """The newest operations, newest first."""
        question = self.question(span, bucket=bucket, owner=owner, operation=operation)
        wanted, limit = wanted or Filter(), max(1, min(limit, MAX_RECENT))
        rows = self._newest(question, wanted, limit + 1)
        buckets = {one.id: one for one in self._buckets.all()}
        items = [presenting.recent(row, buckets) for row in rows[:limit]]
        more = len(rows) > limit
        return Activity(
            items=items,
            next_cursor=reckoning.cursor([item.time for item in items], wanted) if more else None,
        )

    def export(
        self, span: timedelta, *, bucket: str = "", owner: str | None = None, operation: str = ""
    ) -> Iterator[pa.Table]:
        """All single operations, oldest first, in tables of half an hour each; the first may be empty.

        Key names are left out where their bucket does not allow them to be kept.
        """
        question = self.question(span, bucket=bucket, owner=owner, operation=operation)
        return self._parts(question)

    def _parts(self, question: Question) -> Iterator[pa.Table]:
        names = self._names()
        since, end = question.window.since, question.window.until
        while since < end:
            until = min(since + EXPORTED, end)
            part = msgspec.structs.replace(question.window, since=since, until=until)
            rows = self._analytics.export(msgspec.structs.replace(question, window=part))
            if rows.num_rows or since == question.window.since:
                yield presenting.exported(rows, names)
            since = until

    def _newest(self, question: Question, wanted: Filter, limit: int) -> Rows:
        since = ((wanted.newest or self._clock.now()) - _JUST_NOW).replace(microsecond=0)
        window = question.window
        if question.owner is None and since > window.since:  # where those of one owner are is known
            near = msgspec.structs.replace(question, window=msgspec.structs.replace(window, since=since))
            rows = self._analytics.recent(near, wanted, limit)
            if len(rows) >= limit:
                return rows
        return self._analytics.recent(question, wanted, limit)

    def _heat_map(self, rows: Rows, step: timedelta, window: Window) -> HeatMap:
        return _heat_map(rows, step, reckoning.floor(window.since, step), self._clock.now())

    def _names(self) -> dict[str, str]:
        return {one.id: one.name for one in self._buckets.all()}


def _one_owner(question: Question, by_bucket: Rows) -> Group:
    now, before = presenting.total(by_bucket, current=True), presenting.total(by_bucket, current=False)
    figures = msgspec.structs.asdict(now)
    return Group(name=question.owner or "", previous_requests=before.requests, **figures)


def _movers(groups: Mapping[str, Sequence[Group]]) -> list[Mover]:
    changes = {
        dimension: {one.name: (one.requests, one.previous_requests) for one in found}
        for dimension, found in groups.items()
    }
    return reckoning.movers(changes, MOVERS)


def _heat_map(rows: Rows, step: timedelta, since: datetime, now: datetime) -> HeatMap:
    counts = {(row["moment"], row["edge"]): row["requests"] for row in rows}
    last = max([now, *(moment_of(row["moment"]) for row in rows)])
    times = [since + step * index for index in range((last - since) // step + 1)]
    return HeatMap(
        resolution_seconds=int(step.total_seconds()),
        times=times,
        edges_ms=reckoning.EDGES_MS,
        counts=[
            [counts.get((int(time.timestamp()), edge), 0.0) for edge in reckoning.EDGES_MS] for time in times
        ],
    )
