"""Single operations, as they came in: the newest of them, and all of a range."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
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

# Since when there are so many: each row of sums is of one operation at least.
_ENOUGH = f"""
SELECT toUnixTimestamp({{table}}.time) AS moment FROM {{table}} WHERE {WHERE}
    AND {{table}}.time < {{floor}}(fromUnixTimestamp64Milli({{{{newest:Int64}}}}, 'UTC'))
    AND status_class BETWEEN intDiv({{{{low:UInt16}}}}, 100) AND intDiv({{{{high:UInt16}}}}, 100)
ORDER BY moment DESC LIMIT 1 OFFSET {{{{fewer:UInt32}}}}"""
_FLOORS = {"traffic_hour": "toStartOfHour", "usage_minute": "toStartOfMinute"}

# A part of them, oldest first, with the names that they are sent by.
_EXPORT = f"""
SELECT time, bucket_id AS bucket, id, owner, operation, status, error, prefix, name, extension, bytes_in AS bytesIn,
    bytes_out AS bytesOut, object_size AS objectSize, latency_ms AS latencyMs, weight, request_id AS requestId,
    storage_class AS storageClass
FROM {{table}} WHERE {WHERE} ORDER BY time, bucket_id"""

# In longer ranges, sums tell since when there are enough of the newest. Where they know of fewer, all is looked into: sums may be kept
# for less time than operations, or be counted again just then. What one owner did is found by the owner.
_LONG, _LONG_OF_OWNER = timedelta(hours=1), timedelta(days=8)


def newest(engine: Analytics, question: Question, wanted: Filter, limit: int) -> Rows:
    """See `MeteringAnalytics.recent`."""
    low, high = wanted.statuses
    until = wanted.newest or question.window.until
    values: dict[str, Any] = {"newest": round(until.timestamp() * 1000), "low": low, "high": high}
    window = question.window
    is_long = window.until - window.since > (_LONG if question.owner is None else _LONG_OF_OWNER)
    if is_long and not wanted.text and low % 100 == 0 and high % 100 == 99:
        since = _since(engine, question, limit + wanted.skip, values)
        found = _newest(engine, _later(question, since), wanted, limit, values) if since else []
        if len(found) >= limit:  # not where operations have gone that sums still know
            return found
    return _newest(engine, question, wanted, limit, values)


def export(engine: Analytics, question: Question) -> pa.Table:
    """See `MeteringAnalytics.export`."""
    return ask(engine, _EXPORT, question, "operation", only_current=True)


def _newest(
    engine: Analytics, question: Question, wanted: Filter, limit: int, values: Mapping[str, Any]
) -> Rows:
    part, given = "", {**values, "limit": limit, "skip": wanted.skip}
    if wanted.statuses != Filter().statuses:
        part += _STATUS
    if wanted.text:
        part, given["text"] = part + _TEXT, wanted.text
    names = {"part": part}
    found: Rows = ask(
        engine, _RECENT, question, "operation", only_current=True, names=names, **given
    ).to_pylist()
    return found


def _since(engine: Analytics, question: Question, count: int, values: Mapping[str, Any]) -> datetime | None:
    """Since when there are as many operations, if there are so many."""
    table = "traffic_hour" if question.owner is None else "usage_minute"
    names = {"floor": _FLOORS[table]}
    found = ask(engine, _ENOUGH, question, table, only_current=True, names=names, fewer=count - 1, **values)
    return datetime.fromtimestamp(found["moment"][0].as_py(), UTC) if found.num_rows else None


def _later(question: Question, since: datetime) -> Question:
    """The same of a range that begins later, if it does."""
    window = msgspec.structs.replace(question.window, since=max(since, question.window.since))
    return msgspec.structs.replace(question, window=window)
