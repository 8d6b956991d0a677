"""What is summed up of a scan at its end, a statement for each table that pages and API read later."""

from typing import Any

from storekeeper.infra.analytics import Analytics
from storekeeper.inventory.rules.histogram import AGE_EDGES, SIZE_EDGES

LARGEST = 10_000
OLDEST = 1_000
GROUPS = 10_000  # of a kind, the largest
FOLDERS = 1_000  # in one folder, the largest
DEPTH = 32  # levels of folders; what lies deeper counts in the folder at that depth
_HELD = 300_000_000  # bytes a grouping or sorting may hold before it goes to disk
_SPILL = {"max_bytes_before_external_group_by": _HELD, "max_bytes_before_external_sort": _HELD}

# Totals by one expression, the largest groups.
SUM_GROUPS = """
INSERT INTO inventory_group
SELECT {{scan:String}}, {{kind:String}}, rowNumberInAllBlocks(), name, objects, bytes
FROM
(
    SELECT {expression} AS name, count() AS objects, sum(size) AS bytes
    FROM inventory_object WHERE scan_id = {{scan:String}}
    GROUP BY name ORDER BY bytes DESC, objects DESC, name LIMIT {{groups:UInt32}}
)"""

GROUP_KINDS = {
    "extension": "extension",
    "owner": "owner",
    "class": "storage_class",
    # By storage class: savings need to know what of each is old.
    "age": "concat(toString(arrayCount(edge -> age('day', modified, {now:DateTime64(3, 'UTC')}) >= edge, {ages:Array(Int64)})), ':', "
    "storage_class)",
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
LIMIT {folders:UInt32} BY listed_in"""

# What each owner has in each storage class, of however many owners, and how much of it is small: some providers bill a least size.
SUM_SHARES = """
INSERT INTO inventory_share
SELECT {scan:String}, owner, storage_class, count(), sum(size),
    countIf(size < 4096), sumIf(size, size < 4096), countIf(size < 131072), sumIf(size, size < 131072)
FROM inventory_object WHERE scan_id = {scan:String}
GROUP BY owner, storage_class"""

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
GROUP BY storage_class"""

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


def sum_up(engine: Analytics, scan_id: str, now: str) -> None:
    """Fill those tables; ages are those at `now`."""
    _sum_groups(engine, scan_id, now)
    engine.fill(SUM_SHARES, settings=_SPILL, scan=scan_id)
    engine.fill(SUM_DUPLICATES, settings=_SPILL, scan=scan_id)
    in_order = _SPILL | {"optimize_aggregation_in_order": 1}
    engine.fill(SUM_FOLDERS, settings=in_order, scan=scan_id, depth=DEPTH, folders=FOLDERS + 1)
    for kind, (order, count) in EXTREMES.items():
        engine.fill(PICK_EXTREMES.format(order=order), settings=_SPILL, scan=scan_id, kind=kind, count=count)


def _sum_groups(engine: Analytics, scan_id: str, now: str) -> None:
    values: dict[str, Any] = {"now": now, "ages": list(AGE_EDGES), "sizes": list(SIZE_EDGES)}
    for kind, expression in GROUP_KINDS.items():
        used = {name: value for name, value in values.items() if f"{{{name}:" in expression}
        sql = SUM_GROUPS.format(expression=expression)
        engine.fill(sql, settings=_SPILL, scan=scan_id, kind=kind, groups=GROUPS, **used)
