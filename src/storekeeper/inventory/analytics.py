"""The inventory's statements for the analytics engine. Pages and API read only what was summed up at a scan's end."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from storekeeper.infra.analytics import Analytics
from storekeeper.inventory.missing import find_missing
from storekeeper.inventory.model import FileQuery
from storekeeper.inventory.rules.histogram import AGE_EDGES, SIZE_EDGES

LARGEST = 10_000
OLDEST = 1_000
GROUPS = 10_000  # of a kind, the largest
FOLDERS = 1_000  # in one folder, the largest
DEPTH = 32  # levels of folders; what lies deeper counts in the folder at that depth
_KEPT_ANSWERS = 64  # of at most 1,000 rows each
_SPILL = 300_000_000  # bytes a grouping or sorting may hold before it goes to disk

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

# Totals by one expression, the largest groups.
SUM_GROUPS = """
INSERT INTO inventory_group
SELECT {{scan:String}}, {{kind:String}}, rowNumberInAllBlocks(), name, objects, bytes
FROM
(
    SELECT {expression} AS name, count() AS objects, sum(size) AS bytes
    FROM inventory_object WHERE scan_id = {{scan:String}}
    GROUP BY name ORDER BY bytes DESC, objects DESC, name LIMIT {{groups:UInt32}}
)
SETTINGS max_bytes_before_external_group_by = {{spill:UInt64}}"""

GROUP_KINDS = {
    "extension": "extension",
    "owner": "owner",
    "class": "storage_class",
    "age": "toString(arrayCount(edge -> age('day', modified, {now:DateTime64(3, 'UTC')}) >= edge, {ages:Array(Int64)}))",
    "size": "toString(arrayCount(edge -> size >= edge, {sizes:Array(Int64)}))",
}

# Totals of every folder on every level: folders themselves first, then each added to all that it lies in. A folder
# with folders in it is also listed under itself, so that one range of the table holds all that its page shows.
SUM_FOLDERS = """
INSERT INTO inventory_prefix
SELECT {scan:String}, arrayJoin(if(objects = direct_objects, [parent], arrayDistinct([parent, prefix]))) AS listed_in,
    prefix, objects, bytes, direct_objects, direct_bytes
FROM
(
    WITH
        splitByChar('/', folder) AS parts,
        least(length(parts) - 1, {depth:UInt32}) AS deepest,
        if(level = 0, '', concat(arrayStringConcat(arraySlice(parts, 1, level), '/'), '/')) AS prefix,
        if(level < 2, '', concat(arrayStringConcat(arraySlice(parts, 1, level - 1), '/'), '/')) AS parent
    SELECT
        parent, prefix, sum(found) AS objects, sum(weight) AS bytes,
        sumIf(found, level = deepest) AS direct_objects, sumIf(weight, level = deepest) AS direct_bytes
    FROM
    (
        SELECT prefix AS folder, count() AS found, sum(size) AS weight
        FROM inventory_object WHERE scan_id = {scan:String} GROUP BY prefix
    )
    ARRAY JOIN range(0, toUInt32(deepest + 1)) AS level
    GROUP BY parent, prefix
)
ORDER BY listed_in, bytes DESC
LIMIT {folders:UInt32} BY listed_in
SETTINGS optimize_aggregation_in_order = 1, max_bytes_before_external_group_by = {spill:UInt64},
    max_bytes_before_external_sort = {spill:UInt64}"""

# What each owner has in each storage class, of however many owners, and how much of it is small: some providers bill a least size.
SUM_SHARES = """
INSERT INTO inventory_share
SELECT {scan:String}, owner, storage_class, count(), sum(size),
    countIf(size < 4096), sumIf(size, size < 4096), countIf(size < 131072), sumIf(size, size < 131072)
FROM inventory_object WHERE scan_id = {scan:String}
GROUP BY owner, storage_class
SETTINGS max_bytes_before_external_group_by = {spill:UInt64}"""

# What is stored more than once, as far as ETag and size tell.
SUM_DUPLICATES = """
INSERT INTO inventory_duplicate
SELECT {scan:String}, storage_class, count(), sum(found - 1), sum((found - 1) * size)
FROM
(
    SELECT storage_class, toUInt64(size) AS size, count() AS found FROM inventory_object
    WHERE scan_id = {scan:String} AND content != 0 AND inventory_object.size > 0
    GROUP BY storage_class, content, size HAVING found > 1
)
GROUP BY storage_class
SETTINGS max_bytes_before_external_group_by = {spill:UInt64}"""

# The first objects in one order.
PICK_EXTREMES = """
INSERT INTO inventory_extreme
SELECT {{scan:String}}, {{kind:String}}, rowNumberInAllBlocks(), prefix, name, extension, owner, size, modified, storage_class
FROM
(
    SELECT prefix, name, extension, owner, size, modified, storage_class
    FROM inventory_object WHERE scan_id = {{scan:String}}
    ORDER BY {order}, prefix, name LIMIT {{count:UInt32}}
)"""

EXTREMES = {"largest": ("size DESC", LARGEST), "oldest": ("modified", OLDEST)}

# Scans of which something was summed up.
DETAILED_SCANS = """
SELECT DISTINCT scan_id FROM inventory_group
UNION DISTINCT SELECT DISTINCT scan_id FROM inventory_prefix
UNION DISTINCT SELECT DISTINCT scan_id FROM inventory_extreme
UNION DISTINCT SELECT DISTINCT scan_id FROM inventory_share
UNION DISTINCT SELECT DISTINCT scan_id FROM inventory_gone
UNION DISTINCT SELECT DISTINCT scan_id FROM inventory_duplicate"""

# Everything that was summed up of some scans.
DELETE_DETAILS = "DELETE FROM {table} WHERE scan_id IN {{scans:Array(String)}}"
DETAIL_TABLES = (
    "inventory_group",
    "inventory_prefix",
    "inventory_extreme",
    "inventory_share",
    "inventory_gone",
    "inventory_duplicate",
)

# The largest groups of each kind.
GROUPS_OF = """
SELECT kind, name, objects, bytes FROM inventory_group
WHERE scan_id = {scan:String} AND rank < {limit:UInt32} ORDER BY kind, rank LIMIT 10000"""

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
        self._sum_groups(scan_id, now)
        self._engine.command(SUM_SHARES, scan=scan_id, spill=_SPILL)
        self._engine.command(SUM_DUPLICATES, scan=scan_id, spill=_SPILL)
        self._engine.command(SUM_FOLDERS, scan=scan_id, depth=DEPTH, folders=FOLDERS + 1, spill=_SPILL)
        for kind, (order, count) in EXTREMES.items():
            self._engine.command(PICK_EXTREMES.format(order=order), scan=scan_id, kind=kind, count=count)

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
        return self._engine.rows(GROUPS_ACROSS, scans=list(scan_ids), kind=kind, limit=limit)

    def largest_across(self, scan_ids: Sequence[str], owner: str, limit: int) -> list[Row]:
        """Rows of the largest objects with their `scan_id`."""
        return self._engine.rows(LARGEST_ACROSS, scans=list(scan_ids), owner=owner, limit=limit)

    def _read(self, sql: str, **parameters: Any) -> list[Row]:
        """What was summed up of a scan never changes, so the last answers are kept."""
        key = (sql, *parameters.values())
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        rows = self._engine.rows(sql, **parameters)
        with self._lock:
            self._kept[key] = rows
            if len(self._kept) > _KEPT_ANSWERS:
                self._kept.popitem(last=False)
        return rows

    def _sum_groups(self, scan_id: str, now: str) -> None:
        values: dict[str, Any] = {"now": now, "ages": list(AGE_EDGES), "sizes": list(SIZE_EDGES)}
        for kind, expression in GROUP_KINDS.items():
            used = {name: value for name, value in values.items() if f"{{{name}:" in expression}
            sql = SUM_GROUPS.format(expression=expression)
            self._engine.command(sql, scan=scan_id, kind=kind, groups=GROUPS, spill=_SPILL, **used)
