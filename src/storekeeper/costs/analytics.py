"""Costs' statements for the analytics engine: facts of days, charges of months, and every owner's share of them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from storekeeper.costs.rules.stretches import Stretch
from storekeeper.infra.analytics import Analytics

MOST = 100_000  # rows of an answer
OWNERS = 1000  # of an answer
_SPILL = 300_000_000

_OF_SCAN = "transform(scan_id, {scans:Array(String)}, {buckets:Array(String)}, '')"
_SECONDS = "transform(scan_id, {scans:Array(String)}, {lasting:Array(UInt64)}, toUInt64(0))"

# What every owner's part of every bucket held on a day.
STORE_OWNERS = f"""
INSERT INTO cost_storage_next
SELECT {{day:Date}}, {_OF_SCAN} AS bucket_id, owner, storage_class,
    intDiv(sum(toUInt128(bytes) * {_SECONDS}), 3600), max(objects)
FROM inventory_share WHERE scan_id IN {{scans:Array(String)}}
GROUP BY bucket_id, owner, storage_class
SETTINGS max_bytes_before_external_group_by = {_SPILL}"""

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
    FROM inventory_share WHERE scan_id IN {{scans:Array(String)}} GROUP BY scan_id, storage_class
)
GROUP BY bucket_id, storage_class"""

# Days of which it is known what was stored.
STORED_DAYS = """
SELECT DISTINCT partition FROM system.parts
WHERE database = currentDatabase() AND table = 'cost_held' AND active LIMIT 10000"""

# Months of which something was asked, and nothing is charged yet.
UNCHARGED = """
SELECT DISTINCT partition FROM system.parts
WHERE database = currentDatabase() AND table = 'usage_day' AND active AND partition NOT IN
(
    SELECT partition FROM system.parts WHERE database = currentDatabase() AND table = 'cost_charge' AND active
)
LIMIT 1000"""

# What buckets held in a month.
HELD = """
SELECT * FROM cost_held WHERE day >= {since:Date} AND day < {until:Date} ORDER BY day, bucket_id, kind, storage_class LIMIT 1000000"""

# What was asked of buckets in a month, day by day.
REQUESTED = """
SELECT toDate(time) AS day, bucket_id, storage_class, operation,
    sumIf(usage_day.requests, status_class IN (2, 3)) AS succeeded, sum(usage_day.refused) AS refused_,
    sumIf(usage_day.requests, status_class = 4) AS fourhundreds, sumIf(usage_day.requests, status_class = 5) AS server_errors,
    sum(usage_day.bytes_out) AS sent, sumIf(usage_day.bytes_out, operation = 'GetObject') AS retrieved,
    sum(usage_day.requests) > sum(usage_day.samples) + 0.5 AS is_sampled
FROM usage_day WHERE time >= toDateTime({since:Date}, 'UTC') AND time < toDateTime({until:Date}, 'UTC')
GROUP BY day, bucket_id, storage_class, operation ORDER BY day, bucket_id, operation, storage_class LIMIT 1000000"""

# What of a month is shared, numbered.
_CHARGED = """
    SELECT rowNumberInAllBlocks() AS number, * FROM
    (
        SELECT bucket_id, storage_class, operation, kind, basis, currency, sum(amount) AS total
        FROM cost_charge WHERE day >= {since:Date} AND day < {until:Date} AND amount IS NOT NULL
        GROUP BY bucket_id, storage_class, operation, kind, basis, currency HAVING total != 0
        ORDER BY bucket_id, storage_class, operation, kind, basis, currency
    )"""

# Every owner's weight in what a bucket's charges are shared by, in a month.
_STORED = """
    SELECT bucket_id, storage_class, '' AS operation, 'byte-hours' AS basis, owner, toUInt128(sum(byte_hours)) AS weight
    FROM cost_storage WHERE day >= {since:Date} AND day < {until:Date} GROUP BY bucket_id, storage_class, owner"""
_OBJECTS = _STORED.replace("byte-hours", "object-hours").replace("byte_hours", "objects")
_ASKED = """
    SELECT bucket_id, storage_class, operation, basis, owner, toUInt128(round(asked)) AS weight FROM
    (
        SELECT bucket_id, storage_class, operation, owner,
            [sum(usage_day.requests), sum(usage_day.bytes_out), sumIf(usage_day.bytes_out, operation = 'GetObject')] AS weights
        FROM usage_day WHERE time >= toDateTime({since:Date}, 'UTC') AND time < toDateTime({until:Date}, 'UTC')
        GROUP BY bucket_id, storage_class, operation, owner
    )
    ARRAY JOIN ['requests', 'bytes-out', 'bytes-retrieved'] AS basis, weights AS asked"""


# Each owner's share: of a running sum of weights in the order of owners, whole nano-units, so that shares add up to the charge exactly.
def _share(weights: str) -> str:
    return f"""
INSERT INTO cost_owner_next
SELECT {{since:Date}}, bucket_id, owner, kind, currency, toInt64(sum(part)) AS amount_
FROM
(
    SELECT bucket_id, owner, kind, currency, toInt256(abs(total)) AS size,
        sum(weight) OVER (PARTITION BY number) AS whole,
        sum(weight) OVER (PARTITION BY number ORDER BY owner ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running,
        sign(total) * (intDiv(size * running, whole) - intDiv(size * (running - weight), whole)) AS part
    FROM ({weights}) AS weights
    INNER JOIN (SELECT * FROM ({_CHARGED}) WHERE basis IN {{bases:Array(String)}}) AS charged
        USING (bucket_id, storage_class, operation, basis)
    WHERE weight > 0
)
GROUP BY bucket_id, owner, kind, currency HAVING amount_ != 0
SETTINGS max_bytes_before_external_group_by = {_SPILL}"""


# By what charges are shared: the statement, and the bases that it is for.
SHARES = (
    (_share(_STORED), ("byte-hours",)),
    (_share(_OBJECTS), ("object-hours",)),
    (_share(_ASKED), ("requests", "bytes-out", "bytes-retrieved")),
)

# What of each bucket nobody has a weight in is nobody's: what is left of the whole.
SHARE_REST = """
INSERT INTO cost_owner_next
SELECT {since:Date}, bucket_id, '', kind, currency, charged - shared AS rest
FROM
(
    SELECT bucket_id, kind, currency, sum(amount) AS charged FROM cost_charge
    WHERE day >= {since:Date} AND day < {until:Date} AND amount IS NOT NULL GROUP BY bucket_id, kind, currency
) AS whole
LEFT JOIN
(
    SELECT bucket_id, kind, currency, sum(amount) AS shared FROM cost_owner_next GROUP BY bucket_id, kind, currency
) AS parts USING (bucket_id, kind, currency)
WHERE rest != 0"""

# A month's sums of charges, apart by what is asked for.
SUMMED = """
SELECT toString({by}) AS name, kind, currency, sum(cost_charge.amount) AS amount, max(cost_charge.is_estimated) AS is_estimated, countIf(cost_charge.amount IS NULL) AS unknown
FROM cost_charge WHERE day >= {{since:Date}} AND day < {{until:Date}} {only}
GROUP BY name, kind, currency ORDER BY name, kind LIMIT 100000"""
SUMMED_BY = {
    "day": "day",
    "bucket": "bucket_id",
    "class": "storage_class",
    "operation": "operation",
}

# Single charges with the whole computation.
CHARGES = """
SELECT bucket_id, detail FROM cost_charge WHERE day >= {{since:Date}} AND day < {{until:Date}} {only}
ORDER BY day, bucket_id, kind, storage_class, operation LIMIT {{limit:UInt32}} OFFSET {{offset:UInt32}}"""

# The price sheets that a month's charges are by.
SHEETS = """
SELECT DISTINCT sheet FROM cost_charge WHERE day >= {{since:Date}} AND day < {{until:Date}} AND sheet != '' {only} ORDER BY sheet LIMIT 1000"""

# What owners' shares of a month add up to, the most expensive first.
OWNED = """
SELECT owner, currency, sum(amount) AS amount FROM cost_owner WHERE month = {{month:Date}} {only}
GROUP BY owner, currency ORDER BY amount DESC, owner LIMIT {{limit:UInt32}}"""

# One owner's share by bucket and kind.
OWN = """
SELECT bucket_id, kind, currency, sum(amount) AS amount FROM cost_owner
WHERE month = {month:Date} AND owner = {owner:String} GROUP BY bucket_id, kind, currency ORDER BY bucket_id, kind LIMIT 10000"""

_ONLY = "AND bucket_id = {bucket_id:String}"
Row = dict[str, Any]


class CostAnalytics:
    """Facts are stored by day, charges and shares by month; what is stored again replaces what was there, in one step."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine

    def store_day(self, day: date, stretches: Sequence[Stretch], hidden: pa.Table) -> None:
        """What was stored on a day, by stretches of scans; `hidden` has further rows of `cost_held`."""
        values: dict[str, Any] = {
            "scans": [one.scan_id for one in stretches],
            "buckets": [one.bucket_id for one in stretches],
            "lasting": [one.seconds for one in stretches],
        }
        with _Replacing(self._engine, "cost_storage", day.isoformat()) as replacing:
            self._engine.command(STORE_OWNERS, day=day.isoformat(), **values)
            replacing.done()
        with _Replacing(self._engine, "cost_held", day.isoformat()) as replacing:
            self._engine.command(STORE_HELD, day=day.isoformat(), **values)
            if hidden.num_rows:
                self._engine.insert("cost_held_next", hidden)
            replacing.done()

    def stored_days(self) -> set[date]:
        return {date.fromisoformat(row["partition"]) for row in self._engine.rows(STORED_DAYS)}

    def uncharged_months(self) -> set[date]:
        """First days of months of which there are operations and no charges."""
        names = [row["partition"] for row in self._engine.rows(UNCHARGED)]
        return {date(int(name[:4]), int(name[4:]), 1) for name in names}

    def held(self, since: date, until: date) -> list[Row]:
        """Rows of `cost_held`."""
        return self._engine.rows(HELD, since=since.isoformat(), until=until.isoformat())

    def requested(self, since: date, until: date) -> list[Row]:
        """Rows {day, bucket_id, storage_class, operation, succeeded, refused_, fourhundreds, server_errors, sent, retrieved, is_sampled}."""
        return self._engine.rows(REQUESTED, since=since.isoformat(), until=until.isoformat())

    def store_month(self, since: date, until: date, charges: pa.Table) -> None:
        """Replace a month's charges, then everybody's shares of them."""
        partition = since.strftime("%Y%m")
        with _Replacing(self._engine, "cost_charge", partition) as replacing:
            self._engine.insert("cost_charge_next", charges)
            replacing.done()
        with _Replacing(self._engine, "cost_owner", since.isoformat()) as replacing:
            values: dict[str, Any] = {"since": since.isoformat(), "until": until.isoformat()}
            used = set(pc.unique(charges["basis"]).to_pylist())
            for share, bases in SHARES:
                if used.intersection(bases):
                    self._engine.command(share, bases=list(bases), **values)
            self._engine.command(SHARE_REST, **values)
            replacing.done()

    def summed(self, by: str, since: date, until: date, bucket_id: str = "") -> list[Row]:
        """Rows {name, kind, currency, amount (nano), is_estimated, unknown}, by a name of SUMMED_BY."""
        sql = SUMMED.format(by=SUMMED_BY[by], only=_ONLY if bucket_id else "")
        return self._engine.rows(sql, since=since.isoformat(), until=until.isoformat(), **_given(bucket_id))

    def charges(self, since: date, until: date, bucket_id: str, *, limit: int, offset: int = 0) -> list[Row]:
        """Rows {bucket_id, detail}."""
        sql = CHARGES.format(only=_ONLY if bucket_id else "")
        values = {"limit": limit, "offset": offset, **_given(bucket_id)}
        return self._engine.rows(sql, since=since.isoformat(), until=until.isoformat(), **values)

    def sheets(self, since: date, until: date, bucket_id: str = "") -> list[str]:
        """Ids of price sheets."""
        sql = SHEETS.format(only=_ONLY if bucket_id else "")
        rows = self._engine.rows(sql, since=since.isoformat(), until=until.isoformat(), **_given(bucket_id))
        return [row["sheet"] for row in rows]

    def owned(self, month: date, bucket_id: str = "", limit: int = OWNERS) -> list[Row]:
        """Rows {owner, currency, amount (nano)}, the largest first."""
        sql = OWNED.format(only=_ONLY if bucket_id else "")
        return self._engine.rows(sql, month=month.isoformat(), limit=limit, **_given(bucket_id))

    def own(self, month: date, owner: str) -> list[Row]:
        """Rows {bucket_id, kind, currency, amount (nano)}."""
        return self._engine.rows(OWN, month=month.isoformat(), owner=owner)


def _given(bucket_id: str) -> dict[str, str]:
    return {"bucket_id": bucket_id} if bucket_id else {}


class _Replacing:
    """A partition made anew beside the old one, which it then replaces in one step."""

    def __init__(self, engine: Analytics, table: str, partition: str) -> None:
        self._engine, self._table, self._partition = engine, table, partition

    def __enter__(self) -> Self:
        self._engine.command(f"DROP TABLE IF EXISTS {self._table}_next")
        self._engine.command(f"CREATE TABLE {self._table}_next AS {self._table}")
        return self

    def done(self) -> None:
        """Let it take the old one's place."""
        made = self._engine.row(f"SELECT count() AS made FROM {self._table}_next")["made"]
        action, source = ("REPLACE", f"FROM {self._table}_next") if made else ("DROP", "")
        self._engine.command(f"ALTER TABLE {self._table} {action} PARTITION '{self._partition}' {source}")

    def __exit__(self, *_error: object) -> None:
        self._engine.command(f"DROP TABLE IF EXISTS {self._table}_next")
