"""Metering's statements for the analytics engine."""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from storekeeper.infra.analytics import Analytics, written
from storekeeper.infra.caching import ReadCache
from storekeeper.infra.once import Either
from storekeeper.metering import ranking
from storekeeper.metering.figures import Filter, Question
from storekeeper.metering.reckoning import EDGES_MS, floor, over_at
from storekeeper.metering.sums import FIGURES, added

PARTS = 8  # buckets that a series tells apart; the rest is one more
_FEW = 32  # buckets whose series are all read: to find out first which are the busiest takes longer
_FEW_OF_OWNER = 128  # who uses some of them
_MOST = 100_000  # rows of an answer, far beyond what its groups can make

_SMALL = "SETTINGS optimize_move_to_prewhere = 0"  # of sums: to filter before the rest is read takes longer than it saves
_DEDUPLICATE = {
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "optimize_on_insert": 0,  # the views have added up what comes in one insert; merges do the rest
    "max_partitions_per_insert_block": 1000,  # what is imported may reach back a year, a part for each day
}

_SUMS = ", ".join(f"sum({name}) AS {name}" for name in FIGURES)
_BEFORE, _FRESH = 0, 2  # ages
_SINCE, _OVER = (f"toDateTime({{{{{name}:String}}}}, 'UTC')" for name in ("since", "over"))
_WHERE = "{table}.time >= toDateTime({{before:String}}, 'UTC') AND {table}.time < toDateTime({{until:String}}, 'UTC') {conditions}"
_CONDITIONS = {
    "bucket_id": "bucket_id = {bucket_id:String}",
    "owner": "owner = {owner:String}",
    "operation": "operation = {operation:String}",
}

# Sums of a range over time by bucket, and of the range before at the moment 0; by operation and status of both ranges; and,
# where there are too many buckets to tell them apart over time, by bucket of both. `apart` tells which, `age` of what: of the range
# before, of what is over of this one, or of the rest.
USAGE = f"""
SELECT
    grouping(moment, operation) AS apart, ({{table}}.time >= {_SINCE}) + ({{table}}.time >= {_OVER}) AS age,
    if(age = {_BEFORE}, 0, toUnixTimestamp({{table}}.time)) AS moment, {{part}} AS part, bucket_id, operation, status_class, {_SUMS}
FROM {{table}} WHERE {_WHERE}
GROUP BY GROUPING SETS ({{sets}}) LIMIT {_MOST} {_SMALL}"""
_OF_FEW = "(age, moment, part), (age, operation, status_class)"
_OF_MANY = f"{_OF_FEW}, (age, bucket_id)"

# Which bucket a step of time is of, where there are too many to tell all apart.
_BUSIEST = f"""if(bucket_id IN (
    SELECT bucket_id FROM {{table}} WHERE {_WHERE} GROUP BY bucket_id ORDER BY sum(requests) DESC LIMIT {PARTS}
), toString(bucket_id), '')"""

_OVER_TIME, _OF_KINDS, _OF_BUCKETS = 0b01, 0b10, 0b11

# Latency quantiles and sums of a range, over time, by operation and in all. To plan a name for each quantile takes two milliseconds.
SPEED = f"""
SELECT
    grouping(moment, operation) AS apart, true AS current, toUnixTimestamp({{table}}.time) AS moment, operation, {_SUMS},
    quantilesBFloat16WeightedMerge(0.5, 0.95, 0.99)(latency) AS quantiles
FROM {{table}} WHERE {_WHERE}
GROUP BY GROUPING SETS ((moment), (operation), ()) LIMIT {_MOST} {_SMALL}"""

# Of the range before, sums in all: latency takes long to read.
SPEED_BEFORE = f"SELECT false AS current, {_SUMS} FROM {{table}} WHERE {_WHERE} {_SMALL}"

SPEED_KINDS = {0b01: "time", 0b10: "operation", 0b11: "all"}

# The last day by hour and in all, with what was written and read.
PULSE = f"""
SELECT
    grouping(moment) AS apart, {{table}}.time >= {_SINCE} AS current, toUnixTimestamp({{table}}.time) AS moment, {_SUMS},
    sumIf({{table}}.requests - {{table}}.errors, operation IN ('PutObject', 'PostObject', 'CompleteMultipartUpload', 'CopyObject'))
        AS uploads,
    sumIf({{table}}.requests - {{table}}.errors, operation = 'GetObject') AS downloads,
    quantilesBFloat16WeightedMergeIf(0.5, 0.95, 0.99)(latency, current) AS quantiles
FROM {{table}} WHERE {_WHERE}
GROUP BY GROUPING SETS ((current, moment), (current)) LIMIT {_MOST} {_SMALL}"""

# How many operations took how long, by step of time and lower edge in milliseconds; of one owner or one operation, from single
# operations.
_STEP = "intDiv(toUInt32({table}.time), {{seconds:UInt32}}) * {{seconds:UInt32}}"
HEAT = f"""
SELECT {_STEP} AS moment, edge, sum({{table}}.requests) AS requests
FROM {{table}} WHERE {_WHERE} GROUP BY moment, edge LIMIT {_MOST} {_SMALL}"""
HEAT_OF_FEW = f"""
SELECT {_STEP} AS moment, roundDown(toUInt32(latency_ms), {list(EDGES_MS)}) AS edge, sum(weight) AS requests
FROM {{table}} WHERE {_WHERE} AND latency_ms > 0 GROUP BY moment, edge LIMIT {_MOST}"""

# The newest operations as they came in. The order is a whole one, so that a cursor can count.
RECENT = f"""
SELECT time, bucket_id, owner, operation, status, error, prefix, name, bytes_in, bytes_out, latency_ms, weight, request_id
FROM {{table}} WHERE {_WHERE}
    AND time <= fromUnixTimestamp64Milli({{{{newest:Int64}}}}, 'UTC') {{part}}
ORDER BY time DESC, bucket_id, operation, owner, prefix, name, request_id, id, latency_ms, bytes_in, bytes_out
LIMIT {{{{limit:UInt32}}}} OFFSET {{{{skip:UInt32}}}}"""

# Left out where nothing is asked: to plan a condition takes a millisecond.
_STATUS = " AND status BETWEEN {{low:UInt16}} AND {{high:UInt16}}"
_TEXT = " AND positionCaseInsensitiveUTF8(prefix, {{text:String}}) > 0"
_DAYS = " AND toDate(time) IN {{days:Array(Date)}}"

_BEFORE_NEWEST = """{table}.time < {floor}(fromUnixTimestamp64Milli({{newest:Int64}}, 'UTC'))
    AND status_class BETWEEN intDiv({{low:UInt16}}, 100) AND intDiv({{high:UInt16}}, 100)"""

# When there were so many, newest first: each row of sums is of one operation at least.
ENOUGH = f"""
SELECT toUnixTimestamp({{table}}.time) AS moment FROM {{table}} WHERE {_WHERE} AND {_BEFORE_NEWEST}
ORDER BY moment DESC LIMIT {{{{count:UInt32}}}}"""

# A part of the single operations, oldest first, with the names that they are sent by.
EXPORT = f"""
SELECT time, bucket_id AS bucket, id, owner, operation, status, error, prefix, name, extension, bytes_in AS bytesIn,
    bytes_out AS bytesOut, object_size AS objectSize, latency_ms AS latencyMs, weight, request_id AS requestId,
    storage_class AS storageClass
FROM {{table}} WHERE {_WHERE} ORDER BY time, bucket_id"""

_FLOORS = {"traffic_hour": "toStartOfHour", "usage_minute": "toStartOfMinute"}
# In longer ranges, sums tell since when there are enough of the newest, or on which days there are any: each day that is looked into
# takes half a millisecond. What one owner did is found by the owner.
_LONG, _LONG_OF_OWNER = timedelta(hours=1), timedelta(days=8)
Rows = list[dict[str, Any]]
_T = TypeVar("_T")


class UsageFound(NamedTuple):
    """Each row with {requests, samples, errors, throttles, bytes_in, bytes_out, latency_sum, timed}."""

    points: pa.Table  # {moment (s), part}: steps of the range by bucket, in no order; the part is empty for all but the busiest
    by_bucket: Rows  # {current, bucket_id}; without `current` of the range before
    by_kind: Rows  # {current, operation, status_class}


class Ranking:
    """Owners of a range and of the one before, begun at once: one statement at a time, or the longest would have to share its core."""

    def __init__(self, engine: Analytics, over: ReadCache | None, question: Question) -> None:
        given = _given(question)

        def read(one: ranking.Statement) -> pa.Table:
            return engine.table(f"{one.sql}, {engine.half}", **one.values, **given)

        def known(one: ranking.Statement) -> pa.Table:
            if over is None:
                return read(one)
            key = (one.sql, *one.values.values(), *given.values())
            return over.get(key, question.bucket_id, lambda: read(one), until=one.until).value

        self._now = Either(partial(read, ranking.now(question, _and(given))))
        self._before = Either(partial(known, ranking.before(question, _and(given))))
        engine.beside(self._read)

    def rows(self, limit: int) -> Rows:
        """{name, requests, …, previous}: so many of the busiest and of those that changed the most, busiest first."""
        self._read()
        return ranking.ranked(self._now.result(), self._before.result(), limit)

    def _read(self) -> None:
        for one in (self._now, self._before):
            one.take()


class MeteringAnalytics:
    """Stores operations and reads what they add up to."""

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
        is_few = buckets <= (_FEW if question.owner is None else _FEW_OF_OWNER)
        settings = f", {self._engine.half}" if beside else ""
        found = self._usage_of_few(question, settings) if is_few else self._usage_of_many(question, settings)
        found = found.append_column("current", pc.greater(found["age"], pa.scalar(_BEFORE)))
        over_time = _apart(found, _OVER_TIME)
        by_bucket = over_time if is_few else _apart(found, _OF_BUCKETS)
        by_kind = added(_apart(found, _OF_KINDS), ["current", "operation", "status_class"])
        rows = added(by_bucket, ["current", "bucket_id"]).to_pylist()
        points = over_time.filter(over_time["current"])
        if is_few and buckets > PARTS:
            points = _of_busiest(points, rows)
        return UsageFound(points, rows, by_kind.to_pylist())

    def _usage_of_many(self, question: Question, settings: str) -> pa.Table:
        """Which buckets are the busiest depends on all of the range, so that nothing of it can be kept."""
        until = written(question.window.until)
        return self._ask(
            USAGE + settings, question, _sums_of(question), part=_BUSIEST, sets=_OF_MANY, over=until
        )

    def _usage_of_few(self, question: Question, settings: str) -> pa.Table:
        """What is over may be known; otherwise it is read with the rest, for two statements take longer than one."""
        table, over, fresh = _sums_of(question), over_at(question.window), list[pa.Table]()

        def read(asked: Question) -> pa.Table:
            return self._ask(
                USAGE + settings, asked, table, part="bucket_id", sets=_OF_FEW, over=written(over)
            )

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

    def speed(self, question: Question) -> dict[str, Rows]:
        """Rows {current, moment (s), operation, quantiles} and sums by what they are apart by: time, operation, all; of the range
        before, without `current`, only sums in all. Quantiles are in milliseconds, NaN without operations.
        """
        table, window = _speed_of(question), question.window
        earlier = msgspec.structs.replace(window, since=window.before, until=window.since)
        asked = msgspec.structs.replace(question, window=earlier)
        before = self._engine.beside(partial(self._ask, SPEED_BEFORE, asked, table, only_current=True))
        found = _by_kind(self._ask(SPEED, question, table, only_current=True).to_pylist(), SPEED_KINDS)
        found["all"] += before.result().to_pylist()
        return found

    def pulse(self, question: Question) -> dict[str, Rows]:
        """The same with {uploads, downloads}, by time and all, of both ranges."""
        return _by_kind(self._ask(PULSE, question, _speed_of(question)).to_pylist(), {0: "time", 1: "all"})

    def beside(self, read: Callable[[], _T]) -> Future[_T]:
        """Soon: what a read returns that begins no others."""
        return self._engine.beside(read)

    def heat(self, question: Question, step: timedelta) -> Future[Rows]:
        """Soon: rows {moment (s), edge (ms), requests}, of whole steps."""
        window = question.window
        window = msgspec.structs.replace(window, since=floor(window.since, step))
        asked, seconds = msgspec.structs.replace(question, window=window), int(step.total_seconds())
        of_all = question.owner is None and question.operation is None
        sql, table = (HEAT, "heat_map") if of_all else (HEAT_OF_FEW, "operation")
        return self._engine.beside(
            lambda: self._ask(sql, asked, table, only_current=True, seconds=seconds).to_pylist()
        )

    def recent(self, question: Question, wanted: Filter, limit: int) -> Rows:
        """The newest operations, as they came in."""
        low, high = wanted.statuses
        newest = wanted.newest or question.window.until
        values: dict[str, Any] = {"newest": round(newest.timestamp() * 1000), "low": low, "high": high}
        window, wished = question.window, limit + wanted.skip
        is_long = window.until - window.since > (_LONG if question.owner is None else _LONG_OF_OWNER)
        if is_long and not wanted.text and low % 100 == 0 and high % 100 == 99:
            moments = self._moments(question, wished, values)
            if len(moments) < wished:
                # What is not of a whole step is not among the moments: that of either end.
                days = {moment.date() for moment in (window.since, newest, *moments)}
                return self._recent(question, wanted, limit, values, days)
            found = self._recent(_later(question, moments[-1]), wanted, limit, values)
            if len(found) >= limit:  # not where operations have gone that sums still know
                return found
        return self._recent(question, wanted, limit, values)

    def _recent(
        self,
        question: Question,
        wanted: Filter,
        limit: int,
        values: Mapping[str, Any],
        days: Collection[date] = (),
    ) -> Rows:
        given: dict[str, Any] = {"part": "", **values, "limit": limit, "skip": wanted.skip}
        if wanted.statuses != Filter().statuses:
            given["part"] += _STATUS
        if wanted.text:
            given |= {"part": given["part"] + _TEXT, "text": wanted.text}
        if days:
            given |= {"part": given["part"] + _DAYS, "days": sorted(map(str, days))}
        found: Rows = self._ask(RECENT, question, "operation", only_current=True, **given).to_pylist()
        return found

    def export(self, question: Question) -> pa.Table:
        """All single operations of the range, oldest first; ask for parts of it."""
        return self._ask(EXPORT, question, "operation", only_current=True)

    def _moments(self, question: Question, count: int, values: Mapping[str, Any]) -> list[datetime]:
        """When there was something, newest first: as many as it takes for so many operations, or all."""
        table = "traffic_hour" if question.owner is None else "usage_minute"
        found = self._ask(ENOUGH, question, table, only_current=True, count=count, **values)
        return [datetime.fromtimestamp(row["moment"], UTC) for row in found.to_pylist()]

    def _ask(
        self,
        sql: str,
        question: Question,
        table: str,
        *,
        part: str = "",
        sets: str = "",
        only_current: bool = False,
        **values: Any,
    ) -> pa.Table:
        given = _given(question)
        conditions = _and(given)
        part = part.format(table=table, conditions=conditions)
        sql = sql.format(
            table=table, conditions=conditions, part=part, sets=sets, floor=_FLOORS.get(table, "")
        )
        window = question.window
        first = window.since if only_current else window.before
        values |= {"before": written(first), "until": written(window.until)}
        if "{since:" in sql:
            values["since"] = written(window.since)
        return self._engine.table(sql, **values, **given)


def _later(question: Question, since: datetime) -> Question:
    """The same of a range that begins later, if it does."""
    window = msgspec.structs.replace(question.window, since=max(since, question.window.since))
    return msgspec.structs.replace(question, window=window)


def _given(question: Question) -> dict[str, str]:
    return {name: value for name in _CONDITIONS if (value := getattr(question, name)) is not None}


def _over_of(question: Question) -> Hashable:
    """The same where what is over of the range, and the range before, are the same."""
    window = question.window
    return "usage", window.before, window.since, over_at(window), question.bucket_id, question.operation


def _and(given: Mapping[str, str]) -> str:
    return "".join(f" AND {_CONDITIONS[name]}" for name in given)


def _sums_of(question: Question) -> str:
    """The sums without owners have few rows; those with owners are read for one owner only."""
    return f"{'traffic' if question.owner is None else 'usage'}_{question.window.step}"


def _speed_of(question: Question) -> str:
    """Latency takes long to add up, so there are sums with nothing but the operation beside it."""
    if question.owner is None and question.bucket_id is None:
        return f"speed_{question.window.step}"
    return _sums_of(question)


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


def _by_kind(rows: Rows, kinds: dict[int, str]) -> dict[str, Rows]:
    found: dict[str, Rows] = {kind: [] for kind in kinds.values()}
    for row in rows:
        found[kinds[row["apart"]]].append(row)
    return found
