"""Statements about what providers report."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from storekeeper.infra.analytics import Analytics, written
from storekeeper.metering.importing.model import Reported

_MOST = 200_000
_SETTINGS = {"max_partitions_per_insert_block": 1000}
_RANGE = "time >= toDateTime({since:String}, 'UTC') AND time < toDateTime({until:String}, 'UTC')"
_OF_BUCKET = "({bucket_id:String} = '' OR bucket_id = {bucket_id:String})"

# Reported sums by day. A total stands above its parts; of what is stored the day's most, by kind, then together.
REPORTED = f"""
SELECT day, bucket_id, source, resolution,
    if(sum(totals) > 0, sum(total), sum(part)) AS requests, sum(errors) AS errors,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(objects) AS objects, sum(bytes) AS bytes
FROM
(
    SELECT toUnixTimestamp(toStartOfDay(reported.time)) AS day, bucket_id, source, resolution, detail,
        countIf(is_total AND requests IS NOT NULL) AS totals,
        sumIf(reported.requests, is_total) AS total, sumIf(reported.requests, NOT is_total) AS part,
        sum(reported.errors) AS errors, sum(reported.bytes_in) AS bytes_in, sum(reported.bytes_out) AS bytes_out,
        max(reported.objects) AS objects, max(reported.bytes) AS bytes
    FROM reported_usage AS reported FINAL
    WHERE {_RANGE} AND {_OF_BUCKET}
    GROUP BY day, bucket_id, source, resolution, detail
)
GROUP BY day, bucket_id, source, resolution
ORDER BY day DESC, bucket_id, source, resolution
LIMIT {_MOST}"""

# Reported sums by day, operation and detail, which prices depend on.
DAILY = f"""
SELECT toDate(reported.time) AS day, bucket_id, source, resolution, operation, detail, is_total,
    sum(reported.requests) AS requests, sum(reported.errors) AS errors, sum(reported.bytes_out) AS bytes_out,
    max(reported.objects) AS objects, max(reported.bytes) AS bytes
FROM reported_usage AS reported FINAL
WHERE {_RANGE} AND {_OF_BUCKET}
GROUP BY day, bucket_id, source, resolution, operation, detail, is_total
ORDER BY day, bucket_id, source, resolution, operation, detail, is_total
LIMIT {_MOST}"""

# Measured sums by day.
MEASURED = f"""
SELECT toUnixTimestamp(traffic_day.time) AS day, bucket_id, sum(requests) AS requests, sum(errors) AS errors,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out
FROM traffic_day WHERE {_RANGE} AND {_OF_BUCKET}
GROUP BY day, bucket_id
LIMIT {_MOST}"""

_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("source", pa.string()),
    ("bucket_id", pa.string()),
    ("time", pa.timestamp("s", tz="UTC")),
    ("resolution", pa.uint32()),
    ("operation", pa.string()),
    ("status", pa.string()),
    ("detail", pa.string()),
    ("is_total", pa.uint8()),
    ("requests", pa.float64()),
    ("errors", pa.float64()),
    ("bytes_in", pa.float64()),
    ("bytes_out", pa.float64()),
    ("objects", pa.float64()),
    ("bytes", pa.float64()),
    ("imported_at", pa.timestamp("us", tz="UTC")),
]
_SCHEMA = pa.schema(_COLUMNS)
_AS_THEY_ARE = [
    name for name in _SCHEMA.names if name not in ("source", "bucket_id", "is_total", "imported_at")
]

Rows = list[dict[str, Any]]


class ReportedAnalytics:
    """Stores and reads what providers report."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine

    def insert(
        self, rows: Sequence[Reported], *, source: str, bucket_ids: Mapping[str, str], now: datetime
    ) -> None:
        """Windows that were there before are replaced."""
        columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in _AS_THEY_ARE}
        columns["source"] = [source] * len(rows)
        columns["bucket_id"] = [bucket_ids[row.bucket] for row in rows]
        columns["is_total"] = [int(row.is_total) for row in rows]
        columns["imported_at"] = [now] * len(rows)
        table = pa.table([pa.array(columns[f.name], f.type) for f in _SCHEMA], schema=_SCHEMA)
        self._engine.insert("reported_usage", table, settings=_SETTINGS)

    def reported(self, since: datetime, until: datetime, bucket_id: str) -> Rows:
        """Rows {day (s), bucket_id, source, resolution, requests, errors, bytes_in, bytes_out, objects, bytes}."""
        return self._ask(REPORTED, since, until, bucket_id)

    def daily(self, since: datetime, until: datetime) -> Rows:
        """Rows {day, bucket_id, source, resolution, operation, detail, is_total, requests, errors, bytes_out, objects, bytes}."""
        return self._ask(DAILY, since, until, "")

    def measured(self, since: datetime, until: datetime, bucket_id: str) -> Rows:
        """Rows {day (s), bucket_id, requests, errors, bytes_in, bytes_out}."""
        return self._ask(MEASURED, since, until, bucket_id)

    def _ask(self, sql: str, since: datetime, until: datetime, bucket_id: str) -> Rows:
        return self._engine.rows(sql, since=written(since), until=written(until), bucket_id=bucket_id)
