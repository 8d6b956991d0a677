"""Rows of sums in which every operation counts once: all of a table, or those of one unit."""

from storekeeper.metering.keeping.analytics import SUMS

_UNITS = {
    "owner_sum": [
        f"bucket_id {of} '' AND unit = '{unit}'"
        for of in ("=", "!=")
        for unit in ("hour", "quarter", "day", "eighth", "month")
    ],
}
TALLIES = [f"{table} WHERE {rows}" if rows else table for table in SUMS for rows in _UNITS.get(table, [""])]
