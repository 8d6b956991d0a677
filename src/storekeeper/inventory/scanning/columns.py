"""A listing turned into the columns that are stored, a whole batch at a time."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

# A letter must be near the front: numbers behind a dot are counters and dates, not types.
_EXTENSION = r"[^/]\.(?P<extension>[0-9]?[A-Za-z][A-Za-z0-9]{0,8})\z"


def to_columns(listing: pa.Table, *, scan_id: str, batch: int, owner: str, keep_names: bool) -> pa.Table:
    """Rows of `inventory_object` for rows of `objectstore.LISTING`; `owner` is an RE2 pattern or empty."""
    keys = listing["key"].combine_chunks()
    count = len(keys)
    prefix = pc.replace_substring_regex(keys, pattern=r"[^/]*\z", replacement="", max_replacements=1)
    nothing = pa.nulls(count, pa.string()).fill_null("")
    return pa.table(
        {
            "scan_id": pa.nulls(count, pa.string()).fill_null(scan_id),
            "batch": pa.nulls(count, pa.uint32()).fill_null(batch),
            "prefix": prefix,
            "name": _names(keys) if keep_names else nothing,
            "extension": pc.utf8_lower(_group(keys, _EXTENSION, "extension")),
            "owner": _group(keys, owner, "owner") if owner else nothing,
            "size": listing["size"],
            "modified": listing["modified"],
            "storage_class": listing["storage_class"],
        }
    )


def keys_of(listing: pa.Table) -> list[str]:
    """The keys of rows of `objectstore.LISTING`."""
    return [str(key) for key in listing["key"].to_pylist()]


def _names(keys: "pa.Array[Any]") -> "pa.Array[Any]":
    return pc.replace_substring_regex(keys, pattern=r"(?s)\A.*/", replacement="", max_replacements=1)


def _group(keys: "pa.Array[Any]", pattern: str, name: str) -> "pa.Array[Any]":
    matched = pc.struct_field(pc.extract_regex(keys, pattern=pattern), name)
    found: pa.Array[Any] = matched.fill_null("")
    return found
