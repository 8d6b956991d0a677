"""How much was asked for: over time, by bucket and by kind, of a range and of the one before it."""

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from storekeeper.infra.analytics import Analytics, written
from storekeeper.infra.caching import ReadCache
from storekeeper.metering.analytics.asking import MOST, OVER, SINCE, SMALL, SUMS, WHERE, Rows, ask, table_of
from storekeeper.metering.figures import Question
from storekeeper.metering.reckoning import over_at
from storekeeper.metering.sums import added

PARTS = 8  # buckets that a series tells apart; the rest is one more
_FEW = 32  # buckets whose series are all read: to find out first which are the busiest takes longer
_FEW_OF_OWNER = 128  # who uses some of them
_BEFORE, _FRESH = 0, 2  # ages
_OVER_TIME, _OF_KINDS, _OF_BUCKETS = 0b01, 0b10, 0b11

# Sums of a range over time by bucket, and of the range before at the moment 0; by operation and status of both ranges; and,
# where there are too many buckets to tell them apart over time, by bucket of both. `apart` tells which, `age` of what: of the range
# before, of what is over of this one, or of the rest.
_USAGE = f"""
SELECT
    grouping(moment, operation) AS apart, ({{table}}.time >= {SINCE}) + ({{table}}.time >= {OVER}) AS age,
    if(age = {_BEFORE}, 0, toUnixTimestamp({{table}}.time)) AS moment, {{part}} AS part, bucket_id, operation, status_class, {SUMS}
FROM {{table}} WHERE {WHERE}
GROUP BY GROUPING SETS ({{sets}}) LIMIT {MOST} {SMALL}"""
_OF_FEW = {"part": "bucket_id", "sets": "(age, moment, part), (age, operation, status_class)"}

# Which bucket a step of time is of, where there are too many to tell all apart.
_OF_MANY = {
    "part": f"""if(bucket_id IN (
    SELECT bucket_id FROM {{table}} WHERE {WHERE} GROUP BY bucket_id ORDER BY sum(requests) DESC LIMIT {PARTS}
), toString(bucket_id), '')""",
    "sets": f"{_OF_FEW['sets']}, (age, bucket_id)",
}


class UsageFound(NamedTuple):
    """Each row with {requests, samples, errors, throttles, bytes_in, bytes_out, latency_sum, timed}."""

    points: pa.Table  # {moment (s), part}: steps of the range by bucket, in no order; the part is empty for all but the busiest
    by_bucket: Rows  # {current, bucket_id}; without `current` of the range before
    by_kind: Rows  # {current, operation, status_class}


class Usage:
    """One read of it."""

    def __init__(self, engine: Analytics, over: ReadCache | None, question: Question, settings: str) -> None:
        """`over` keeps what is told of ranges that are over; without it they are read each time."""
        self._engine, self._over, self._question, self._settings = engine, over, question, settings
        self._table = table_of(question)

    def found(self, buckets: int) -> UsageFound:
        """`buckets` is how many there are."""
        is_few = buckets <= (_FEW if self._question.owner is None else _FEW_OF_OWNER)
        found = self._of_few() if is_few else self._of_many()
        found = found.append_column("current", pc.greater(found["age"], pa.scalar(_BEFORE)))
        over_time = _apart(found, _OVER_TIME)
        by_bucket = over_time if is_few else _apart(found, _OF_BUCKETS)
        by_kind = added(_apart(found, _OF_KINDS), ["current", "operation", "status_class"])
        rows = added(by_bucket, ["current", "bucket_id"]).to_pylist()
        points = over_time.filter(over_time["current"])
        if is_few and buckets > PARTS:
            points = _of_busiest(points, rows)
        return UsageFound(points, rows, by_kind.to_pylist())

    def _of_many(self) -> pa.Table:
        """Which buckets are the busiest depends on all of the range, so that nothing of it can be kept."""
        return self._ask(self._question, _OF_MANY, over=written(self._question.window.until))

    def _of_few(self) -> pa.Table:
        """What is over may be known; otherwise it is read with the rest, for two statements take longer than one."""
        question, over, fresh = self._question, over_at(self._question.window), list[pa.Table]()

        def read(asked: Question) -> pa.Table:
            return self._ask(asked, _OF_FEW, over=written(over))

        def read_all() -> pa.Table:
            found = read(question)
            is_over = pc.less(found["age"], pa.scalar(_FRESH))
            fresh.append(found.filter(pc.invert(is_over)))
            return found.filter(is_over)

        if self._over is None or question.owner is not None:  # few ask about the same owner
            return read(question)
        known = self._over.get(_over_of(question), question.bucket_id, read_all, until=over).value
        window = msgspec.structs.replace(question.window, before=over)
        return pa.concat_tables([known, *(fresh or [read(msgspec.structs.replace(question, window=window))])])

    def _ask(self, asked: Question, names: Mapping[str, str], *, over: str) -> pa.Table:
        return ask(self._engine, _USAGE, asked, self._table, names=names, settings=self._settings, over=over)


def _over_of(question: Question) -> Hashable:
    """The same where what is over of the range, and the range before, are the same."""
    window = question.window
    return "usage", window.before, window.since, over_at(window), question.bucket_id, question.operation


def _apart(found: pa.Table, kind: int) -> pa.Table:
    return found.filter(pc.equal(found["apart"], pa.scalar(kind)))


def _of_busiest(points: pa.Table, by_bucket: Rows) -> pa.Table:
    """Of all buckets but the busiest, points are nobody's."""
    requests: Counter[str] = Counter()
    for row in by_bucket:
        requests[row["bucket_id"]] += row["requests"]
    busiest: Any = pa.array([name for name, _ in requests.most_common(PARTS)], pa.string())
    part: Any = points["part"]
    told = pc.if_else(pc.is_in(part, value_set=busiest), part, pa.scalar("", part.type))
    return points.set_column(points.schema.get_field_index("part"), "part", told)
