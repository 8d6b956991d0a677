"""Statements about owners' parts of snapshots, by storage class; a snapshot's parts never change."""

from collections.abc import Sequence
from typing import Any

from storekeeper.infra.analytics import Analytics
from storekeeper.inventory.model import Bin
from storekeeper.inventory.rules.histogram import age_bins

# What each scan found in each storage class, and how much of it is small.
CLASSES = """
SELECT scan_id, storage_class, sum(inventory_class.objects) AS objects, sum(inventory_class.bytes) AS bytes,
    sum(inventory_class.objects_below_4k) AS objects_below_4k, sum(inventory_class.bytes_below_4k) AS bytes_below_4k,
    sum(inventory_class.objects_below_128k) AS objects_below_128k, sum(inventory_class.bytes_below_128k) AS bytes_below_128k
FROM inventory_class WHERE scan_id IN {scans:Array(String)}
GROUP BY scan_id, storage_class ORDER BY scan_id, bytes DESC, storage_class LIMIT 100000"""

# A page of the owners of most.
OWNERS = """
SELECT owner, sum(inventory_share.objects) AS objects, sum(inventory_share.bytes) AS bytes, uniqExact(scan_id) AS buckets
FROM inventory_share WHERE scan_id IN {scans:Array(String)}
GROUP BY owner ORDER BY bytes DESC, owner LIMIT {limit:UInt32} OFFSET {offset:UInt32}"""

# What is stored more than once.
DUPLICATES = """
SELECT scan_id, storage_class, groups, copies, bytes FROM inventory_duplicate
WHERE scan_id IN {scans:Array(String)} ORDER BY scan_id, storage_class LIMIT 100000"""

# How old what each scan found is.
AGES = """
SELECT scan_id, name, objects, bytes FROM inventory_group
WHERE scan_id IN {scans:Array(String)} AND kind = 'age' LIMIT 100000"""

# How many owners there are.
COUNTED = "SELECT uniqExact(owner) AS owners FROM inventory_share WHERE scan_id IN {scans:Array(String)}"

Row = dict[str, Any]


class Shares:
    """Reads parts of the snapshots of some scans."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine

    def classes(self, scan_ids: Sequence[str]) -> list[Row]:
        """Rows {scan_id, storage_class, objects, bytes, objects_below_4k, bytes_below_4k, …_128k}, the largest first."""
        return self._engine.rows(CLASSES, scans=list(scan_ids)) if scan_ids else []

    def owners(self, scan_ids: Sequence[str], *, limit: int, offset: int) -> list[Row]:
        """Rows {owner, objects, bytes, buckets}, the largest first; an empty owner is nobody."""
        return self._engine.rows(OWNERS, scans=list(scan_ids), limit=limit, offset=offset) if scan_ids else []

    def duplicates(self, scan_ids: Sequence[str]) -> list[Row]:
        """Rows {scan_id, storage_class, groups, copies, bytes}, as far as ETag and size tell; `copies` are those beyond the first of a group."""
        return self._engine.rows(DUPLICATES, scans=list(scan_ids)) if scan_ids else []

    def ages(self, scan_ids: Sequence[str]) -> dict[str, dict[str, Sequence[Bin]]]:
        """By scan and storage class, what was found by days since the last change."""
        found: dict[str, dict[str, dict[int, tuple[int, int]]]] = {scan_id: {} for scan_id in scan_ids}
        for row in self._engine.rows(AGES, scans=list(scan_ids)) if scan_ids else ():
            index, _, storage_class = row["name"].partition(":")
            found[row["scan_id"]].setdefault(storage_class, {})[int(index)] = row["objects"], row["bytes"]
        return {
            scan_id: {name: age_bins(groups) for name, groups in by_class.items()}
            for scan_id, by_class in found.items()
        }

    def count_owners(self, scan_ids: Sequence[str]) -> int:
        return int(self._engine.row(COUNTED, scans=list(scan_ids))["owners"]) if scan_ids else 0
