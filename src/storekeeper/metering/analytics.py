"""Metering's statements for the analytics engine."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa

from storekeeper.infra.analytics import Analytics
from storekeeper.metering.model import Question

MAX_POINTS = 1000

_DEDUPLICATE = {
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "max_partitions_per_insert_block": 64,
}


_SUMS = """
    sum(requests) AS requests, sum(samples) AS samples, sum(errors) AS errors, sum(throttles) AS throttles,
    sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(latency_sum) AS latency_sum,
    quantilesTDigestWeightedMerge(0.5, 0.95, 0.99)(latency) AS q, q[1] AS p50, q[2] AS p95, q[3] AS p99"""
_WHERE = (
    "time >= toDateTime({{since:String}}, 'UTC') AND time < toDateTime({{until:String}}, 'UTC') {conditions}"
)

# Weighted sums and latency quantiles by moment.
SERIES = f"""
SELECT {{table}}.time AS time, {_SUMS}
FROM {{table}} WHERE {_WHERE} GROUP BY time ORDER BY time LIMIT {{{{limit:UInt32}}}}"""

# The same over the whole range.
TOTALS = f"SELECT {_SUMS} FROM {{table}} WHERE {_WHERE} LIMIT {{{{limit:UInt32}}}}"

# The same by one dimension, busiest first.
GROUPS = f"""
SELECT {{by}} AS name, {_SUMS}
FROM {{table}} WHERE {_WHERE} GROUP BY name ORDER BY requests DESC, name LIMIT {{{{limit:UInt32}}}}"""

GROUP_COLUMNS = {
    "bucket": "bucket_id",
    "owner": "owner",
    "operation": "operation",
    "status": "concat(toString(status_class), 'xx')",
}
CONDITIONS = {
    "bucket_id": "bucket_id = {bucket_id:String}",
    "owner": "owner = {owner:String}",
    "operation": "operation = {operation:String}",
}

# The newest operations as they came in.
RECENT = f"""
SELECT time, bucket_id, owner, operation, status, error, prefix, name, bytes_in, bytes_out, latency_ms, weight, request_id
FROM operation WHERE {_WHERE} ORDER BY time DESC LIMIT {{{{limit:UInt32}}}}"""


class MeteringAnalytics:
    """Stores operations and reads what they add up to."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine

    def insert(self, rows: pa.Table, *, token: str) -> None:
        """Operations and all their sums; the same token again changes nothing."""
        self._engine.insert("operation", rows, token=token, settings=_DEDUPLICATE)

    def series(self, question: Question) -> list[dict[str, Any]]:
        """Rows {time, requests, errors, throttles, bytes_in, bytes_out, p50, p95, p99}, oldest first; gaps are gaps."""
        return self._ask(SERIES, question, limit=MAX_POINTS)

    def totals(self, question: Question) -> dict[str, Any]:
        """{requests, samples, errors, throttles, bytes_in, bytes_out, latency_sum, p50, p95, p99} over the range."""
        found = self._ask(TOTALS, question)
        return found[0] if found else {}

    def groups(self, question: Question, by: str, limit: int) -> list[dict[str, Any]]:
        """Rows {name, requests, errors, throttles, bytes_in, bytes_out, p95}, busiest first."""
        if by == "owner":
            question = msgspec.structs.replace(question, by_owner=True)
        return self._ask(GROUPS, question, by=GROUP_COLUMNS[by], limit=limit)

    def recent(self, question: Question, limit: int) -> list[dict[str, Any]]:
        """The newest operations, as they came in."""
        return self._ask(RECENT, question, limit=limit)

    def _ask(self, sql: str, question: Question, *, by: str = "''", limit: int = 1) -> list[dict[str, Any]]:
        table = (
            "usage" if question.by_owner or question.owner is not None else "traffic"
        ) + f"_{question.step}"
        conditions = " AND ".join(CONDITIONS[name] for name in question.given())
        sql = sql.format(table=table, by=by, conditions=f"AND {conditions}" if conditions else "")
        values = {name: getattr(question, name) for name in question.given()}
        return self._engine.rows(
            sql, since=_clickhouse(question.since), until=_clickhouse(question.until), limit=limit, **values
        )


def _clickhouse(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
