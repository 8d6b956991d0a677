"""What every owner held in a month: what scans found, times how long it was there, added up in one pass."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from storekeeper.costs.analytics.replacing import Replacing
from storekeeper.costs.analytics.shelves import NUMBER, Shelves
from storekeeper.costs.rules.stretches import Stretch
from storekeeper.infra.analytics import Analytics

# What the engine does by itself to group in parts, and to foresee how many there will be, takes longer than it saves. Sums are compiled
# at once: a calculation comes back for as long as the server is there.
GROUPING = (
    "max_bytes_before_external_group_by = 300000000, group_by_two_level_threshold = 0, group_by_two_level_threshold_bytes = 0, "
    "collect_hash_table_stats_during_aggregation = 0, max_block_size = 16384, "
    "compile_aggregate_expressions = 1, min_count_to_compile_aggregate_expression = 0"
)

# Bytes for so many seconds, in two steps: their product may be more than 64 bits hold.
_BYTE_HOURS = "intDiv(bytes, 3600) * {0} + intDiv((bytes % 3600) * {0}, 3600)"

# The last day that is added to the sums of days that are over.
THROUGH = "SELECT max(through) AS through FROM cost_stored"


class Held(NamedTuple):
    """For how long what scans found was there, in days that are over and not added up yet, and in those after them."""

    over: Sequence[Stretch]
    open: Sequence[Stretch]


class StoredTable:
    """Owners' sums of a month, which are made anew whole with each calculation."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine

    def through(self) -> date:
        """The last day that is in the sums of days that are over; 1970-01-01 when none is."""
        through: date = self._engine.row(THROUGH)["through"]
        return through

    def settle(self, month: date, through: date, held: Held, buckets: Sequence[str]) -> None:
        """Add days that are over, up to `through`, and put what came since in the place of what was open; of these buckets alone."""
        shelves = Shelves(buckets)
        over = {one.scan_id: one.seconds for one in held.over}
        open_ = {one.scan_id: one.seconds for one in held.open}
        scanned = {one.scan_id: shelves.numbers.get(one.bucket_id, 0) for one in (*held.over, *held.open)}
        values: dict[str, Any] = {
            "month": month.isoformat(),
            "through": through.isoformat(),
            "scans": list(scanned),
            "scanned": list(scanned.values()),
            "over": [over.get(scan_id, 0) for scan_id in scanned],
            "open": [open_.get(scan_id, 0) for scan_id in scanned],
        }
        with Replacing(self._engine, "cost_stored", month.isoformat()) as replacing:
            # Beside it requests are added up: with all cores for each, both take longer.
            self._engine.command(_settled(shelves, self._engine.half), **values, **shelves.parameters)
            replacing.done()


def _settled(shelves: Shelves, threads: str) -> str:
    """A month's sums with what scans found since: for so long in days that are over, and in those that are open. What was open before
    is reckoned anew. Lists are of those buckets only in which there is something.
    """
    sums = {
        "over_bytes": "byte_hours_",
        "over_objects": "object_seconds_",
        "open_bytes": "open_byte_hours_",
        "open_objects": "open_object_seconds_",
    }
    lists = ", ".join(f"arrayFilter((_, is_some) -> is_some, {name}, some)" for name in ("names", *sums))
    return f"""
INSERT INTO cost_stored_next
SELECT {{month:Date}}, {{through:Date}}, owner, storage_class, {lists}
FROM
(
    SELECT owner, storage_class, {shelves.shelf} AS shelf, {shelves.names} AS names,
        {", ".join(f"{shelves.sums(column)} AS {name}" for name, column in sums.items())},
        arrayMap((a, b, c, d) -> bitOr(bitOr(a, b), bitOr(c, d)) != 0, {", ".join(sums)}) AS some
    FROM
    (
        SELECT owner, storage_class, {NUMBER} AS bucket,
            byte_hours_, object_seconds_, toUInt64(0) AS open_byte_hours_, toUInt64(0) AS open_object_seconds_
        FROM cost_stored ARRAY JOIN buckets AS bucket_id, byte_hours AS byte_hours_, object_seconds AS object_seconds_
        WHERE month = {{month:Date}}
        UNION ALL
        SELECT owner, storage_class, bucket, {_BYTE_HOURS.format("over")}, objects * over, {_BYTE_HOURS.format("open")}, objects * open
        FROM
        (
            SELECT owner, storage_class, bytes, objects,
                transform(scan_id, {{scans:Array(String)}}, {{scanned:Array(UInt32)}}, toUInt32(0)) AS bucket,
                transform(scan_id, {{scans:Array(String)}}, {{over:Array(UInt64)}}, toUInt64(0)) AS over,
                transform(scan_id, {{scans:Array(String)}}, {{open:Array(UInt64)}}, toUInt64(0)) AS open
            FROM inventory_share WHERE scan_id IN {{scans:Array(String)}}
        )
    )
    WHERE bucket != 0
    GROUP BY owner, storage_class, shelf
)
WHERE has(some, true)
SETTINGS {GROUPING}, {threads}"""
