"""The inventory's statements about what is stored: listings, and what was `sums` of them, which alone pages and API read."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

import pyarrow as pa

from storekeeper.infra.analytics import Analytics
from storekeeper.inventory.missing import find_missing
from storekeeper.inventory.model import FileQuery
from storekeeper.inventory.sums import EXTREMES, GROUP_KINDS, GROUPS, sum_up

_T = TypeVar("_T")
_KEPT_ANSWERS = 64  # of at most 1,000 rows each

# Rows of one scan that batches after the last accounted one left behind.
DELETE_UNACCOUNTED = (
    "ALTER TABLE inventory_object DELETE WHERE scan_id = {scan:String} AND batch > {batch:UInt32}"
)

# All rows of one scan at once.
DROP_OBJECTS = "ALTER TABLE inventory_object DROP PARTITION {scan:String}"

# Scans that have rows.
STORED_SCANS = """
SELECT DISTINCT partition FROM system.parts
WHERE database = currentDatabase() AND table = 'inventory_object' AND active"""

# What really is stored of one scan.
STORED_TOTALS = (
    "SELECT count() AS objects, sum(size) AS bytes FROM inventory_object WHERE scan_id = {scan:String}"
)

# Scans of which something was summed up.
DETAILED_SCANS = """
SELECT DISTINCT scan_id FROM inventory_group
UNION DISTINCT SELECT DISTINCT scan_id FROM inventory_prefix
UNION DISTINCT SELECT DISTINCT scan_id FROM inventory_extreme
UNION DISTINCT SELECT DISTINCT scan_id FROM inventory_share
UNION DISTINCT SELECT DISTINCT scan_id FROM inventory_class
UNION DISTINCT SELECT DISTINCT scan_id FROM inventory_gone
UNION DISTINCT SELECT DISTINCT scan_id FROM inventory_duplicate"""

# Everything that was summed up of some scans.
DELETE_DETAILS = "DELETE FROM {table} WHERE scan_id IN {{scans:Array(String)}}"
DETAIL_TABLES = (
    "inventory_group",
    "inventory_prefix",
    "inventory_extreme",
    "inventory_share",
    "inventory_class",
    "inventory_gone",
    "inventory_duplicate",
)

# The largest groups of each kind; histograms are whole.
GROUPS_OF = """
SELECT kind, name, objects, bytes FROM inventory_group
WHERE scan_id = {scan:String} AND (rank < {limit:UInt32} OR kind IN ('age', 'size')) ORDER BY kind, rank LIMIT 10000"""

# A folder itself, and the largest folders right below it.
FOLDERS_OF = """
SELECT prefix, objects, bytes, direct_objects, direct_bytes FROM inventory_prefix
WHERE scan_id = {scan:String} AND parent = {prefix:String}
ORDER BY prefix = {prefix:String} DESC, bytes DESC, objects DESC, prefix LIMIT {limit:UInt32}"""

# A folder without folders in it.
LEAF = """
SELECT prefix, objects, bytes, direct_objects, direct_bytes FROM inventory_prefix
WHERE scan_id = {scan:String} AND parent = {parent:String} AND prefix = {prefix:String} LIMIT 1"""

# The first of the largest and of the oldest objects.
EXTREMES_OF = """
SELECT kind, prefix, name, extension, owner, size, modified, storage_class FROM inventory_extreme
WHERE scan_id = {scan:String} AND rank < {limit:UInt32} ORDER BY kind, rank LIMIT 2000"""

# A page of the largest objects, filtered.
FILES = """
SELECT prefix, name, extension, owner, size, modified, storage_class FROM inventory_extreme
WHERE scan_id = {{scan:String}} AND kind = 'largest'
    AND startsWith(prefix, {{prefix:String}})
    AND ({{extension:String}} = '' OR extension = {{extension:String}})
    AND ({{owner:String}} = '' OR owner = {{owner:String}})
    AND ({{text:String}} = '' OR positionCaseInsensitiveUTF8(concat(prefix, name), {{text:String}}) > 0)
ORDER BY {order} LIMIT {{limit:UInt32}} OFFSET {{offset:UInt32}}"""

# What one owner has, by scan. Owners beyond the largest of a scan are not told apart.
OWNED = """
SELECT scan_id, objects, bytes FROM inventory_group
WHERE scan_id IN {scans:Array(String)} AND kind = 'owner' AND name = {owner:String}"""

# The largest groups of one kind over several scans.
GROUPS_ACROSS = """
SELECT name, sum(objects) AS objects, sum(bytes) AS bytes FROM inventory_group
WHERE scan_id IN {scans:Array(String)} AND kind = {kind:String}
GROUP BY name ORDER BY bytes DESC, name LIMIT {limit:UInt32}"""

# The largest objects over several scans, of one owner or all.
LARGEST_ACROSS = """
SELECT scan_id, prefix, name, extension, owner, size, modified, storage_class FROM inventory_extreme
WHERE scan_id IN {scans:Array(String)} AND kind = 'largest' AND ({owner:String} != '' OR rank < {limit:UInt32})
    AND ({owner:String} = '' OR owner = {owner:String})
ORDER BY size DESC, prefix, name LIMIT {limit:UInt32}"""

_ORDERS = {
    ("size", "desc"): "rank",
    ("size", "asc"): "rank DESC",
    ("modified", "desc"): "modified DESC, rank",
    ("modified", "asc"): "modified, rank",
}


Row = dict[str, Any]


class InventoryAnalytics:
    """Stores listings, sums them up, and reads what was summed up."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine
        self._kept: OrderedDict[tuple[object, ...], list[Row]] = OrderedDict()
        self._lock = threading.Lock()

    def insert(self, rows: pa.Table) -> None:
        self._engine.insert("inventory_object", rows)

    def delete_unaccounted(self, scan_id: str, batches: int) -> None:
        self._engine.command(DELETE_UNACCOUNTED, scan=scan_id, batch=batches)

    def stored_totals(self, scan_id: str) -> tuple[int, int]:
        """(objects, bytes) of a scan."""
        row = self._engine.row(STORED_TOTALS, scan=scan_id)
        return row["objects"], row["bytes"]

    def stored_scans(self) -> list[str]:
        """Ids of the scans of which single objects are stored."""
        return [row["partition"] for row in self._engine.rows(STORED_SCANS)]

    def drop_objects(self, scan_id: str) -> None:
        self._engine.command(DROP_OBJECTS, scan=scan_id)

    def sum_up(self, scan_id: str, now: str) -> None:
        """Build everything that is read later. Of what a crash left of it, `drop_details` first."""
        sum_up(self._engine, scan_id, now)

    def find_missing(self, scan_id: str, previous: str, least_days: Callable[[str], int], now: str) -> None:
        """Store what the scan misses of the one before, of storage classes with a least time in days."""
        classes = [row["name"] for row in self.groups(previous, GROUPS)["class"]]
        if least := {name: days for name in classes if (days := least_days(name))}:
            find_missing(self._engine, scan_id, previous, least, now)

    def drop_details(self, scan_ids: Sequence[str]) -> None:
        with self._lock:
            self._kept.clear()
        if scan_ids:
            for table in DETAIL_TABLES:
                self._engine.command(DELETE_DETAILS.format(table=table), scans=list(scan_ids))

    def detailed_scans(self) -> list[str]:
        """Ids of the scans of which something was summed up."""
        return [row["scan_id"] for row in self._engine.rows(DETAILED_SCANS)]

    def groups(self, scan_id: str, limit: int) -> dict[str, list[Row]]:
        """Rows {name, objects, bytes} by kind (see GROUP_KINDS), largest first."""
        found: dict[str, list[Row]] = {kind: [] for kind in GROUP_KINDS}
        for row in self._read(GROUPS_OF, scan=scan_id, limit=limit):
            found[row["kind"]].append(row)
        return found

    def folders(self, scan_id: str, prefix: str, limit: int) -> tuple[Row, list[Row]]:
        """A folder (empty where it is not known), and those right below it, largest first.

        Rows {prefix, objects, bytes, direct_objects, direct_bytes}.
        """
        rows = self._read(FOLDERS_OF, scan=scan_id, prefix=prefix, limit=limit + 1)
        if not rows:
            parent = prefix[: prefix[:-1].rfind("/") + 1]
            rows = self._read(LEAF, scan=scan_id, parent=parent, prefix=prefix)
        return (rows[0], rows[1:]) if rows and rows[0]["prefix"] == prefix else ({}, rows[:limit])

    def extremes(self, scan_id: str, limit: int) -> dict[str, list[Row]]:
        """Rows of the `largest` and the `oldest` objects, each in order."""
        found: dict[str, list[Row]] = {kind: [] for kind in EXTREMES}
        for row in self._read(EXTREMES_OF, scan=scan_id, limit=min(limit, 1000)) if limit else ():
            found[row["kind"]].append(row)
        return found

    def files(self, scan_id: str, query: FileQuery) -> list[Row]:
        """Rows of the largest objects that match, at most `query.limit`."""
        order = _ORDERS[query.sort, query.order]
        return self._read(
            FILES.format(order=order),
            scan=scan_id,
            prefix=query.prefix,
            extension=query.extension,
            owner=query.owner,
            text=query.text,
            limit=query.limit,
            offset=query.offset,
        )

    def owned(self, scan_ids: Sequence[str], owner: str) -> list[Row]:
        """Rows {scan_id, objects, bytes} of the scans in which the owner has something."""
        return self._engine.rows(OWNED, scans=list(scan_ids), owner=owner)

    def groups_across(self, scan_ids: Sequence[str], kind: str, limit: int) -> list[Row]:
        """Rows {name, objects, bytes}, largest first."""
        return self._read(GROUPS_ACROSS, scans=tuple(scan_ids), kind=kind, limit=limit)

    def largest_across(self, scan_ids: Sequence[str], owner: str, limit: int) -> list[Row]:
        """Rows of the largest objects with their `scan_id`."""
        values: dict[str, Any] = {"owner": owner, "limit": limit}
        if owner:  # there are many of them
            return self._engine.rows(LARGEST_ACROSS, scans=list(scan_ids), **values)
        return self._read(LARGEST_ACROSS, scans=tuple(scan_ids), **values)

    def beside(self, read: Callable[[], _T]) -> Future[_T]:
        """Soon: what a read returns that begins no others."""
        return self._engine.beside(read)

    def _read(self, sql: str, **parameters: Any) -> list[Row]:
        """What was summed up of a scan never changes, so the last answers are kept."""
        key = (sql, *parameters.values())
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        given = {name: list(one) if isinstance(one, tuple) else one for name, one in parameters.items()}
        rows = self._engine.rows(sql, **given)
        with self._lock:
            self._kept[key] = rows
            if len(self._kept) > _KEPT_ANSWERS:
                self._kept.popitem(last=False)
        return rows
