"""Facts of days: what was stored, asked for and deleted."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa

from storekeeper.costs.analytics.replacing import Replacing
from storekeeper.costs.rules.stretches import Stretch
from storekeeper.infra.analytics import Analytics

_SPILL = 300_000_000
_OF_SCAN = "transform(scan_id, {scans:Array(String)}, {buckets:Array(String)}, '')"
_SECONDS = "transform(scan_id, {scans:Array(String)}, {lasting:Array(UInt64)}, toUInt64(0))"

# What every bucket held on a day: of its peak, the scan that found the most.
STORE_HELD = f"""
INSERT INTO cost_held_next
SELECT {{day:Date}}, {_OF_SCAN} AS bucket_id, storage_class, 'current',
    intDiv(sum(toUInt128(stored) * {_SECONDS}), 3600), max(stored),
    argMax(found, stored), argMax(found_4k, stored), argMax(stored_4k, stored), argMax(found_128k, stored), argMax(stored_128k, stored)
FROM
(
    SELECT scan_id, storage_class, sum(bytes) AS stored, sum(objects) AS found,
        sum(objects_below_4k) AS found_4k, sum(bytes_below_4k) AS stored_4k,
        sum(objects_below_128k) AS found_128k, sum(bytes_below_128k) AS stored_128k
    FROM inventory_class WHERE scan_id IN {{scans:Array(String)}} GROUP BY scan_id, storage_class
)
GROUP BY bucket_id, storage_class"""

# What scans of a day missed of what the scans before them had found.
STORE_GONE = f"""
INSERT INTO cost_gone_next
SELECT {{day:Date}}, {_OF_SCAN} AS bucket_id, storage_class, owner, age_days, sum(objects), sum(bytes),
    sum(objects_below_4k), sum(bytes_below_4k), sum(objects_below_128k), sum(bytes_below_128k)
FROM inventory_gone WHERE scan_id IN {{scans:Array(String)}}
GROUP BY bucket_id, storage_class, owner, age_days
SETTINGS max_bytes_before_external_group_by = {_SPILL}"""

# Days of which it is known what was stored.
STORED_DAYS = """
SELECT DISTINCT partition FROM system.parts
WHERE database = currentDatabase() AND table = 'cost_held' AND active LIMIT 10000"""

# What buckets held in a month.
HELD = """
SELECT * FROM cost_held WHERE day >= {since:Date} AND day < {until:Date} ORDER BY day, bucket_id, kind, storage_class LIMIT 1000000"""

# What went from buckets in a month before its time, perhaps.
GONE = """
SELECT day, bucket_id, storage_class, age_days, sum(cost_gone.objects) AS objects, sum(cost_gone.bytes) AS bytes,
    sum(cost_gone.objects_below_4k) AS objects_below_4k, sum(cost_gone.bytes_below_4k) AS bytes_below_4k,
    sum(cost_gone.objects_below_128k) AS objects_below_128k, sum(cost_gone.bytes_below_128k) AS bytes_below_128k
FROM cost_gone WHERE day >= {since:Date} AND day < {until:Date}
GROUP BY day, bucket_id, storage_class, age_days ORDER BY day, bucket_id, storage_class, age_days LIMIT 1000000"""

# What was asked of buckets in a month, day by day.
REQUESTED = """
SELECT toDate(time) AS day, bucket_id, storage_class, operation,
    sumIf(usage_day.requests, status_class IN (2, 3)) AS succeeded, sum(usage_day.refused) AS refused_,
    sumIf(usage_day.requests, status_class = 4) AS fourhundreds, sumIf(usage_day.requests, status_class = 5) AS server_errors,
    sum(usage_day.bytes_out) AS sent, sumIf(usage_day.bytes_out, operation = 'GetObject') AS retrieved,
    sum(usage_day.requests) > sum(usage_day.samples) + 0.5 AS is_sampled {weights}
FROM usage_day WHERE time >= toDateTime({{since:Date}}, 'UTC') AND time < toDateTime({{until:Date}}, 'UTC')
GROUP BY day, bucket_id, storage_class, operation ORDER BY day, bucket_id, operation, storage_class LIMIT 1000000
SETTINGS {threads}"""

Row = dict[str, Any]
_NO_WEIGHTS: Mapping[str, str] = {}


class DayFound(NamedTuple):
    """What is known of a day."""

    day: date
    held: Sequence[Stretch]
    hidden: pa.Table  # further rows of `cost_held`
    ended: Sequence[tuple[str, str]]  # scans that ended on that day, with their buckets


class DayTables:
    """What is stored of days again replaces what was there, in one step for each day and table."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine

    def store(self, found: Sequence[DayFound]) -> None:
        """All days at once: to make a table takes longer than to fill it."""
        ended = [one for one in found if one.ended]
        if ended:
            with Replacing(self._engine, "cost_gone", *_names(ended)) as replacing:
                for one in ended:
                    self._engine.command(STORE_GONE, day=one.day.isoformat(), **_scans(one.ended))
                replacing.done()
        if found:
            with Replacing(self._engine, "cost_held", *_names(found)) as replacing:
                for one in found:
                    self._engine.command(STORE_HELD, day=one.day.isoformat(), **_lasting(one.held))
                    if one.hidden.num_rows:
                        self._engine.insert("cost_held_next", one.hidden)
                replacing.done()

    def stored(self) -> set[date]:
        return {date.fromisoformat(row["partition"]) for row in self._engine.rows(STORED_DAYS)}

    def held(self, since: date, until: date) -> list[Row]:
        """Rows of `cost_held`."""
        return self._of(HELD, since, until)

    def gone(self, since: date, until: date) -> list[Row]:
        """Rows of `cost_gone`, of all owners together."""
        return self._of(GONE, since, until)

    def requested(self, since: date, until: date, weights: Mapping[str, str] = _NO_WEIGHTS) -> list[Row]:
        """Rows {day, bucket_id, storage_class, operation, succeeded, refused_, fourhundreds, server_errors, sent, retrieved, is_sampled},
        and sums of `weights` (name -> expression).
        """
        sums = "".join(f", sum({expression}) AS `{name}`" for name, expression in weights.items())
        return self._of(REQUESTED.format(weights=sums, threads=self._engine.half), since, until)

    def _of(self, sql: str, since: date, until: date) -> list[Row]:
        return self._engine.rows(sql, since=since.isoformat(), until=until.isoformat())


def _names(found: Iterable[DayFound]) -> list[str]:
    return [one.day.isoformat() for one in found]


def _scans(ended: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {"scans": [scan_id for scan_id, _ in ended], "buckets": [bucket for _, bucket in ended]}


def _lasting(held: Sequence[Stretch]) -> dict[str, Any]:
    return {
        "scans": [one.scan_id for one in held],
        "buckets": [one.bucket_id for one in held],
        "lasting": [one.seconds for one in held],
    }
