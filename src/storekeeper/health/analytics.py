"""Checks and their sums in the analytics engine."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from math import isnan
from typing import Any

import pyarrow as pa

from storekeeper.health.model import Check, OperationMetrics
from storekeeper.infra.analytics import Analytics, written
from storekeeper.kernel.errors import BadInputError
from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import Outcome

CHECKS, SUMS = "health_check", ("health_hour", "health_day")
_LONG = timedelta(days=8)  # over more than that, series are by day
_AHEAD = timedelta(minutes=1)
_LOOKS_BACK = (timedelta(hours=1), timedelta(days=2), timedelta(days=3660))
_MILLISECOND = timedelta(milliseconds=1)
_IDEMPOTENT = {"deduplicate_blocks_in_dependent_materialized_views": 1}

# Checks, the newest first, after the place where a page ended.
HISTORY = f"""
SELECT toUnixTimestamp64Milli(time) AS millis, time, bucket_id, round, operation, outcome, failure, status, code,
    latency_ms, first_byte_ms, slow, corrupt, detail, hint, vantage
FROM {CHECKS}
WHERE bucket_id IN {{buckets:Array(String)}}
    AND ({{tested:String}} = '' OR operation = {{tested:String}}) AND ({{errors:UInt8}} = 0 OR outcome != 'ok')
    AND time > fromUnixTimestamp64Milli({{since:Int64}}, 'UTC') AND time <= fromUnixTimestamp64Milli({{until:Int64}}, 'UTC')
    AND ({{round:String}} = '' OR (toUnixTimestamp64Milli(time), round, operation) < ({{until:Int64}}, {{round:String}}, {{operation:String}}))
ORDER BY time DESC, round DESC, operation DESC
LIMIT {{limit:UInt32}}"""

# Sums over a span of time, by bucket and operation and maybe by time.
SUMMED = """
SELECT {when} AS at, bucket_id, operation,
    sum(checks) AS checks, sum(failures) AS failures, sum(throttled) AS throttled, sum(refused) AS refused,
    sum(slow) AS slow, sum(corrupt) AS corrupt, sum(latency_sum) AS latency_sum, sum(timed) AS timed,
    quantilesBFloat16WeightedMerge(0.5, 0.95, 0.99)(latency) AS latencies
FROM {table}
WHERE bucket_id IN {{buckets:Array(String)}}
    AND time >= toDateTime({{since:String}}, 'UTC') AND time < toDateTime({{until:String}}, 'UTC')
GROUP BY at, bucket_id, operation
ORDER BY at, bucket_id, operation"""

# Days of checks, or months of sums.
PARTITIONS = """
SELECT DISTINCT partition FROM system.parts
WHERE database = currentDatabase() AND table = {table:String} AND active LIMIT 10000"""

DROP_DAY = f"ALTER TABLE {CHECKS} DROP PARTITION {{day:Date}}"
DROP_MONTH = "ALTER TABLE {table} DROP PARTITION {{month:UInt32}}"


class HealthAnalytics:
    """Named queries. Names of buckets are given by id, and come out again."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine

    def insert(self, rows: pa.Table, *, token: str) -> None:
        """At most once for each token. Raises UnavailableError."""
        self._engine.insert(CHECKS, rows, token=token, settings=_IDEMPOTENT)

    def history(
        self,
        names: Mapping[str, str],
        now: datetime,
        *,
        cursor: str,
        limit: int,
        tested: str = "",
        errors: bool = False,
    ) -> list[Check]:
        """Newest first. Raises BadInputError for a cursor that is none.

        Looks further and further back until there are enough: what is asked for is nearly always of the last hour.
        """
        until, round_, operation = _place(cursor) if cursor else (_millis(now + _AHEAD), "", "")
        found: list[dict[str, Any]] = []
        for span in _LOOKS_BACK:
            found = self._engine.rows(
                HISTORY, buckets=list(names), since=until - span // _MILLISECOND, until=until, round=round_,
                operation=operation, limit=limit, tested=tested, errors=int(errors),
            )  # fmt: skip
            if len(found) >= limit:
                break
        return [_check(row, names) for row in found]

    def sums(
        self, names: Mapping[str, str], since: datetime, until: datetime, *, by_time: bool
    ) -> list[OperationMetrics]:
        """By bucket and operation, and by hour (or day, of a long time) if so wanted."""
        table = "health_day" if until - since > _LONG else "health_hour"
        statement = SUMMED.format(table=table, when="time" if by_time else "toDateTime(0, 'UTC')")
        found = self._engine.rows(statement, buckets=list(names), since=written(since), until=written(until))
        return [_metrics(row, names, by_time=by_time) for row in found]

    def partitions(self, table: str) -> Sequence[str]:
        return [row["partition"] for row in self._engine.rows(PARTITIONS, table=table)]

    def drop_day(self, day: date) -> None:
        self._engine.command(DROP_DAY, day=day.isoformat())

    def drop_month(self, table: str, month: str) -> None:
        self._engine.command(DROP_MONTH.format(table=table), month=int(month))


def cursor_after(check: Check) -> str:
    """Where a page that ended with this check goes on."""
    round_, _, operation = check.id.rpartition(".")
    return f"{_millis(check.time)}.{round_}.{operation}"


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _place(cursor: str) -> tuple[int, str, str]:
    parts = cursor.split(".")
    if len(parts) != 3 or not parts[0].isdecimal():
        raise BadInputError(f"{cursor[:100]!r} is not a cursor of this list.")
    return int(parts[0]), parts[1], parts[2]


def _check(row: Mapping[str, Any], names: Mapping[str, str]) -> Check:
    first = row["first_byte_ms"]
    return Check(
        id=f"{row['round']}.{row['operation']}", time=row["time"], bucket=names.get(row["bucket_id"], ""),
        operation=ProbeOperation(row["operation"]), outcome=Outcome(row["outcome"]), failure=row["failure"],
        status=row["status"], code=row["code"], latency_ms=round(row["latency_ms"], 3),
        first_byte_ms=None if isnan(first) else round(first, 3), slow=bool(row["slow"]),
        corrupt=bool(row["corrupt"]), detail=row["detail"], hint=row["hint"], vantage=row["vantage"],
    )  # fmt: skip


def _metrics(row: Mapping[str, Any], names: Mapping[str, str], *, by_time: bool) -> OperationMetrics:
    timed, checks = row["timed"], row["checks"]
    p50, p95, p99 = (round(float(value), 3) if timed else None for value in row["latencies"])
    bad = row["failures"] + row["throttled"] + row["refused"]
    return OperationMetrics(
        bucket=names.get(row["bucket_id"], ""), operation=ProbeOperation(row["operation"]),
        time=datetime.fromtimestamp(row["at"], UTC) if by_time else None, checks=checks, failures=row["failures"], throttled=row["throttled"],
        refused=row["refused"], slow=row["slow"], corrupt=row["corrupt"], error_rate=bad / checks if checks else 0.0,
        average_ms=round(row["latency_sum"] / timed, 3) if timed else None, p50_ms=p50, p95_ms=p95, p99_ms=p99,
    )  # fmt: skip
