"""Single operations, as they came in: the newest of them, and all of a range."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pyarrow as pa

from storekeeper.infra.analytics import Analytics
from storekeeper.metering.analytics.asking import WHERE, Rows, ask
from storekeeper.metering.figures import Filter, Question

# The order is a whole one, so that a cursor can count.
_RECENT = f"""
SELECT time, bucket_id, owner, operation, status, error, prefix, name, bytes_in, bytes_out, latency_ms, weight, request_id
FROM {{table}} WHERE {WHERE}
    AND time <= fromUnixTimestamp64Milli({{{{newest:Int64}}}}, 'UTC') {{part}}
ORDER BY time DESC, bucket_id, operation, owner, prefix, name, request_id, id, latency_ms, bytes_in, bytes_out
LIMIT {{{{limit:UInt32}}}} OFFSET {{{{skip:UInt32}}}}"""

# Left out where nothing is asked: to plan a condition takes a millisecond.
_STATUS = " AND status BETWEEN {{low:UInt16}} AND {{high:UInt16}}"
_TEXT = " AND positionCaseInsensitiveUTF8(prefix, {{text:String}}) > 0"
_DAYS = " AND toDate(time) IN {{days:Array(Date)}}"

# When there were so many, newest first: each row of sums is of one operation at least.
_ENOUGH = f"""
SELECT toUnixTimestamp({{table}}.time) AS moment FROM {{table}} WHERE {WHERE}
    AND {{table}}.time < {{floor}}(fromUnixTimestamp64Milli({{{{newest:Int64}}}}, 'UTC'))
    AND status_class BETWEEN intDiv({{{{low:UInt16}}}}, 100) AND intDiv({{{{high:UInt16}}}}, 100)
ORDER BY moment DESC LIMIT {{{{count:UInt32}}}}"""
_FLOORS = {"traffic_hour": "toStartOfHour", "usage_minute": "toStartOfMinute"}

# A part of them, oldest first, with the names that they are sent by.
_EXPORT = f"""
SELECT time, bucket_id AS bucket, id, owner, operation, status, error, prefix, name, extension, bytes_in AS bytesIn,
    bytes_out AS bytesOut, object_size AS objectSize, latency_ms AS latencyMs, weight, request_id AS requestId,
    storage_class AS storageClass
FROM {{table}} WHERE {WHERE} ORDER BY time, bucket_id"""

# In longer ranges, sums tell since when there are enough of the newest, or on which days there are any: each day that is looked into
# takes half a millisecond. What one owner did is found by the owner.
_LONG, _LONG_OF_OWNER = timedelta(hours=1), timedelta(days=8)
_ANY_DAY: Collection[date] = ()


def newest(engine: Analytics, question: Question, wanted: Filter, limit: int) -> Rows:
    """See `MeteringAnalytics.recent`."""
    low, high = wanted.statuses
    until = wanted.newest or question.window.until
    values: dict[str, Any] = {"newest": round(until.timestamp() * 1000), "low": low, "high": high}
    window, wished = question.window, limit + wanted.skip
    is_long = window.until - window.since > (_LONG if question.owner is None else _LONG_OF_OWNER)
    if is_long and not wanted.text and low % 100 == 0 and high % 100 == 99:
        moments = _moments(engine, question, wished, values)
        if len(moments) < wished:
            # What is not of a whole step is not among the moments: that of either end.
            days = {moment.date() for moment in (window.since, until, *moments)}
            return _newest(engine, question, wanted, limit, values, days)
        found = _newest(engine, _later(question, moments[-1]), wanted, limit, values)
        if len(found) >= limit:  # not where operations have gone that sums still know
            return found
    return _newest(engine, question, wanted, limit, values)


def export(engine: Analytics, question: Question) -> pa.Table:
    """See `MeteringAnalytics.export`."""
    return ask(engine, _EXPORT, question, "operation", only_current=True)


def _newest(
    engine: Analytics,
    question: Question,
    wanted: Filter,
    limit: int,
    values: Mapping[str, Any],
    days: Collection[date] = _ANY_DAY,
) -> Rows:
    part, given = "", {**values, "limit": limit, "skip": wanted.skip}
    if wanted.statuses != Filter().statuses:
        part += _STATUS
    if wanted.text:
        part, given["text"] = part + _TEXT, wanted.text
    if days:
        part, given["days"] = part + _DAYS, sorted(map(str, days))
    names = {"part": part}
    found: Rows = ask(
        engine, _RECENT, question, "operation", only_current=True, names=names, **given
    ).to_pylist()
    return found


def _moments(engine: Analytics, question: Question, count: int, values: Mapping[str, Any]) -> list[datetime]:
    """When there was something, newest first: as many as it takes for so many operations, or all."""
    table = "traffic_hour" if question.owner is None else "usage_minute"
    names = {"floor": _FLOORS[table]}
    found = ask(engine, _ENOUGH, question, table, only_current=True, names=names, count=count, **values)
    return [datetime.fromtimestamp(row["moment"], UTC) for row in found.to_pylist()]


def _later(question: Question, since: datetime) -> Question:
    """The same of a range that begins later, if it does."""
    window = msgspec.structs.replace(question.window, since=max(since, question.window.since))
    return msgspec.structs.replace(question, window=window)
