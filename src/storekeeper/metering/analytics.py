"""Metering's statements for the analytics engine."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import pyarrow as pa

from storekeeper.infra.analytics import Analytics, written
from storekeeper.metering.figures import Filter, Question
from storekeeper.metering.reckoning import EDGES_MS

_BY_OWNER = ("owner_day", "bucket_owner_day")
PARTS = 8  # buckets that a series tells apart; the rest is one more
_MOST = 100_000  # rows of an answer, far beyond what its groups can make

_DEDUPLICATE = {
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "optimize_on_insert": 0,  # the views have added up what comes in one insert; merges do the rest
    "max_partitions_per_insert_block": 1000,  # what is imported may reach back a year, a part for each day
}

_SUMS = """
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum, sum(timed) AS timed"""
_SINCE = "toDateTime({{since:String}}, 'UTC')"
_WHERE = "{table}.time >= toDateTime({{before:String}}, 'UTC') AND {table}.time < toDateTime({{until:String}}, 'UTC') {conditions}"
_CONDITIONS = {
    "bucket_id": "bucket_id = {bucket_id:String}",
    "owner": "owner = {owner:String}",
    "operation": "operation = {operation:String}",
}

# Sums of a range and of the one before: over time by bucket, by bucket, by operation, by status. `apart` tells which.
USAGE = f"""
SELECT
    grouping(moment, part, bucket_id, operation, status_class) AS apart, {{table}}.time >= {_SINCE} AS current,
    toUnixTimestamp({{table}}.time) AS moment,
    {{part}} AS part,
    bucket_id, operation, status_class, {_SUMS}
FROM {{table}} WHERE {_WHERE}
GROUP BY GROUPING SETS
    ((current, moment, part), (current, bucket_id), (current, operation), (current, status_class))
HAVING current OR apart != {0b00111} LIMIT {_MOST}"""

# Which bucket a step of time is of, where there are too many to tell all apart.
_BUSIEST = f"""if(bucket_id IN (
    SELECT bucket_id FROM {{table}} WHERE {_WHERE} GROUP BY bucket_id ORDER BY sum(requests) DESC LIMIT {PARTS}
), toString(bucket_id), '')"""

USAGE_KINDS = {0b00111: "time", 0b11011: "bucket", 0b11101: "operation", 0b11110: "status"}

# Latency quantiles and sums of a range, over time, by operation and in all; of the range before, sums in all.
SPEED = f"""
SELECT
    grouping(moment, operation) AS apart, {{table}}.time >= {_SINCE} AS current,
    toUnixTimestamp({{table}}.time) AS moment, operation, {_SUMS},
    quantilesBFloat16WeightedMergeIf(0.5, 0.95, 0.99)(latency, current) AS q,
    if(isFinite(q[1]), q[1], NULL) AS p50, if(isFinite(q[2]), q[2], NULL) AS p95, if(isFinite(q[3]), q[3], NULL) AS p99
FROM {{table}} WHERE {_WHERE}
GROUP BY GROUPING SETS ((current, moment), (current, operation), (current))
HAVING current OR apart = {0b11} LIMIT {_MOST}"""

SPEED_KINDS = {0b01: "time", 0b10: "operation", 0b11: "all"}

# The last day by hour and in all, with what was written and read.
PULSE = f"""
SELECT
    grouping(moment) AS apart, {{table}}.time >= {_SINCE} AS current, toUnixTimestamp({{table}}.time) AS moment, {_SUMS},
    sumIf({{table}}.requests - {{table}}.errors, operation IN ('PutObject', 'PostObject', 'CompleteMultipartUpload', 'CopyObject'))
        AS uploads,
    sumIf({{table}}.requests - {{table}}.errors, operation = 'GetObject') AS downloads,
    quantilesBFloat16WeightedMergeIf(0.5, 0.95, 0.99)(latency, current) AS q,
    if(isFinite(q[1]), q[1], NULL) AS p50, if(isFinite(q[2]), q[2], NULL) AS p95, if(isFinite(q[3]), q[3], NULL) AS p99
FROM {{table}} WHERE {_WHERE}
GROUP BY GROUPING SETS ((current, moment), (current)) LIMIT {_MOST}"""

_LEADING = f"""
    SELECT *, row_number() OVER (ORDER BY requests DESC, name) AS place,
        row_number() OVER (ORDER BY abs(requests - previous) DESC, name) AS moved
    FROM (SELECT owner AS name, {{sums}} FROM {{table}} WHERE {_WHERE} GROUP BY name)"""

# Owners that do the most or have changed the most against the range before.
OWNERS = f"""
SELECT name, requests, samples, errors, throttles, bytes_in, bytes_out, latency_sum, timed, previous
FROM ({_LEADING})
WHERE place <= {{{{limit:UInt32}}}} OR moved <= {{{{limit:UInt32}}}}
ORDER BY requests DESC, name LIMIT {_MOST}"""

_CURRENT = f"{{table}}.time >= {_SINCE}"
_OWNER_SUMS = {
    # From single operations, as the sums are made of them.
    "operation": f"""
            sumIf(weight, {_CURRENT}) AS requests, countIf({_CURRENT}) AS samples,
            sumIf(weight, status >= 400 AND {_CURRENT}) AS errors,
            sumIf(weight, (status = 429 OR error IN ('SlowDown', 'Throttling', 'TooManyRequests')) AND {_CURRENT}) AS throttles,
            sumIf(bytes_in * weight, {_CURRENT}) AS bytes_in, sumIf(bytes_out * weight, {_CURRENT}) AS bytes_out,
            sumIf(latency_ms * weight, {_CURRENT}) AS latency_sum, sumIf(weight, latency_ms > 0 AND {_CURRENT}) AS timed,
            sum(weight) - requests AS previous""",
    "owner_day": f"""
            sumIf(owner_day.requests, {_CURRENT}) AS requests, sumIf(owner_day.samples, {_CURRENT}) AS samples,
            sumIf(owner_day.errors, {_CURRENT}) AS errors, sumIf(owner_day.throttles, {_CURRENT}) AS throttles,
            sumIf(owner_day.bytes_in, {_CURRENT}) AS bytes_in, sumIf(owner_day.bytes_out, {_CURRENT}) AS bytes_out,
            sumIf(owner_day.latency_sum, {_CURRENT}) AS latency_sum, sumIf(owner_day.timed, {_CURRENT}) AS timed,
            sum(owner_day.requests) - requests AS previous""",
}  # fmt: skip
_OWNER_SUMS |= {
    name: _OWNER_SUMS["owner_day"].replace("owner_day", name)
    for name in ("owner_hour", "bucket_owner_day", "usage_day")
}

# Sums in the order of owners: who they are is found out first, then the rest is read of these few.
_FEW = f""" AND owner IN (
    SELECT name FROM ({_LEADING}) WHERE place <= {{{{limit:UInt32}}}} OR moved <= {{{{limit:UInt32}}}})"""
_RANKED = f"""
            sumIf({{table}}.requests, {_CURRENT}) AS requests, sum({{table}}.requests) - requests AS previous"""

# How many operations took how long, by step of time and lower edge in milliseconds. Zero is not known.
HEAT = f"""
SELECT toUnixTimestamp(toStartOfInterval(time, toIntervalSecond({{{{seconds:UInt32}}}}))) AS moment,
    roundDown(latency_ms, {list(EDGES_MS)}) AS edge, sum(weight) AS requests
FROM {{table}} WHERE {_WHERE} AND latency_ms > 0 GROUP BY moment, edge LIMIT {_MOST}"""

# The newest operations as they came in. The order is a whole one, so that a cursor can count.
RECENT = f"""
SELECT time, bucket_id, owner, operation, status, error, prefix, name, bytes_in, bytes_out, latency_ms, weight, request_id
FROM {{table}} WHERE {_WHERE}
    AND time <= fromUnixTimestamp64Milli({{{{newest:Int64}}}}, 'UTC')
    AND status BETWEEN {{{{low:UInt16}}}} AND {{{{high:UInt16}}}}
    AND ({{{{text:String}}}} = '' OR positionCaseInsensitiveUTF8(prefix, {{{{text:String}}}}) > 0) {{part}}
ORDER BY time DESC, bucket_id, operation, owner, prefix, name, request_id, id, latency_ms, bytes_in, bytes_out
LIMIT {{{{limit:UInt32}}}} OFFSET {{{{skip:UInt32}}}}"""

# Where the newest operations of an owner are: sums are in the order of owners, operations are not.
_THERE = f"""AND (bucket_id, toStartOfMinute(operation.time)) IN (
    SELECT bucket_id, usage_minute.time FROM usage_minute WHERE {_WHERE.replace("{table}", "usage_minute")}
        AND usage_minute.time <= fromUnixTimestamp64Milli({{{{newest:Int64}}}}, 'UTC')
        AND status_class BETWEEN intDiv({{{{low:UInt16}}}}, 100) AND intDiv({{{{high:UInt16}}}}, 100)
    GROUP BY bucket_id, usage_minute.time ORDER BY usage_minute.time DESC LIMIT {{{{minutes:UInt32}}}} WITH TIES)"""

# A part of the single operations, oldest first, with the names that they are sent by.
EXPORT = f"""
SELECT time, bucket_id AS bucket, id, owner, operation, status, error, prefix, name, extension, bytes_in AS bytesIn,
    bytes_out AS bytesOut, object_size AS objectSize, latency_ms AS latencyMs, weight, request_id AS requestId,
    storage_class AS storageClass
FROM {{table}} WHERE {_WHERE} ORDER BY time, bucket_id"""

Rows = list[dict[str, Any]]


class MeteringAnalytics:
    """Stores operations and reads what they add up to."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine

    def insert(self, rows: pa.Table, *, token: str) -> None:
        """Operations and all their sums; the same token again changes nothing."""
        self._engine.insert("operation", rows, token=token, settings=_DEDUPLICATE)

    def insert_packed(self, columns: Sequence[str], rows: bytes, *, token: str) -> None:
        """The same of values of these columns, row by row, as MessagePack."""
        self._engine.insert_packed("operation", columns, rows, token=token, settings=_DEDUPLICATE)

    def usage(self, question: Question, buckets: int) -> dict[str, Rows]:
        """`buckets`: how many there are. Rows of sums by what they are apart by: time (with `part`), bucket, operation, status.

        A row is {current, moment (s), part, bucket_id, operation, status_class, requests, samples, errors, throttles,
        bytes_in, bytes_out, latency_sum}; without `current` it is of the range before.
        """
        part = "toString(bucket_id)" if buckets <= PARTS else _BUSIEST
        return _by_kind(self._ask(USAGE, question, _sums_of(question), part=part).to_pylist(), USAGE_KINDS)

    def speed(self, question: Question) -> dict[str, Rows]:
        """The same with {p50, p95, p99} in ms, by time, operation, all."""
        return _by_kind(self._ask(SPEED, question, _speed_of(question)).to_pylist(), SPEED_KINDS)

    def pulse(self, question: Question) -> dict[str, Rows]:
        """The same with {uploads, downloads}, by time and all, of both ranges."""
        return _by_kind(self._ask(PULSE, question, _speed_of(question)).to_pylist(), {0: "time", 1: "all"})

    def owners(self, question: Question, limit: int) -> Future[Rows]:
        """Soon: rows {name, requests, …, previous}: the busiest and those that changed the most, busiest first."""
        table = _owners_of(question)
        sums = _OWNER_SUMS[table].format(table=table)
        few = _FEW if table in _BY_OWNER else ""
        return self._engine.beside(
            lambda: self._ask(OWNERS, question, table, sums=sums, few=few, limit=limit).to_pylist()
        )

    def heat(self, question: Question, seconds: int) -> Future[Rows]:
        """Soon: rows {moment (s), edge (ms), requests}."""
        return self._engine.beside(
            lambda: self._ask(HEAT, question, "operation", only_current=True, seconds=seconds).to_pylist()
        )

    def recent(self, question: Question, wanted: Filter, limit: int) -> Rows:
        """The newest operations, as they came in."""
        low, high = wanted.statuses
        newest = wanted.newest or question.window.until
        values: dict[str, Any] = {"newest": round(newest.timestamp() * 1000), "low": low, "high": high}
        if question.owner is not None:
            each_counts = not wanted.text and low % 100 == 0 and high % 100 == 99
            values |= {"part": _THERE, "minutes": limit + wanted.skip if each_counts else _MOST}
        found: Rows = self._ask(
            RECENT, question, "operation", only_current=True, limit=limit, skip=wanted.skip, text=wanted.text, **values
        ).to_pylist()  # fmt: skip
        return found

    def export(self, question: Question) -> pa.Table:
        """All single operations of the range, oldest first; ask for parts of it."""
        return self._ask(EXPORT, question, "operation", only_current=True)

    def _ask(
        self,
        sql: str,
        question: Question,
        table: str,
        *,
        sums: str = "",
        few: str = "",
        part: str = "",
        only_current: bool = False,
        **values: Any,
    ) -> pa.Table:
        given = {name: value for name in _CONDITIONS if (value := getattr(question, name)) is not None}
        conditions = "".join(f" AND {_CONDITIONS[name]}" for name in given)
        part = part.format(table=table, conditions=conditions)
        conditions += few.format(table=table, conditions=conditions, sums=_RANKED.format(table=table))
        sql = sql.format(table=table, conditions=conditions, sums=sums, part=part)
        window = question.window
        first = window.since if only_current else window.before
        values |= {"before": written(first), "until": written(window.until)}
        if "{since:" in sql:
            values["since"] = written(window.since)
        return self._engine.table(sql, **values, **given)


def _sums_of(question: Question) -> str:
    """The sums without owners have few rows; those with owners are read for one owner only."""
    return f"{'traffic' if question.owner is None else 'usage'}_{question.window.step}"


def _speed_of(question: Question) -> str:
    """Latency takes long to add up, so there are sums with nothing but the operation beside it."""
    if question.owner is None and question.bucket_id is None:
        return f"speed_{question.window.step}"
    return _sums_of(question)


def _owners_of(question: Question) -> str:
    """Sums with owners are in the order of owners: to rank them over a range, those in the order of time are read."""
    if (question.window.until - question.window.since).days > 1:
        if question.operation is not None:
            return "usage_day"
        return "owner_day" if question.bucket_id is None else "bucket_owner_day"
    by_hour = question.window.step == "hour" and question.operation is None and question.bucket_id is None
    return "owner_hour" if by_hour else "operation"


def _by_kind(rows: Rows, kinds: dict[int, str]) -> dict[str, Rows]:
    found: dict[str, Rows] = {kind: [] for kind in kinds.values()}
    for row in rows:
        found[kinds[row["apart"]]].append(row)
    return found
