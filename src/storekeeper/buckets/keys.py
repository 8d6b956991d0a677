"""Keys of objects split into the columns that are kept of them, a whole batch at a time."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

# A letter must be near the front: numbers behind a dot are counters and dates, not types.
_EXTENSION = r"[^/]\.(?P<extension>[0-9]?[A-Za-z][A-Za-z0-9]{0,8})\z"

Column = Any  # pyarrow.Array of strings


def prefixes(keys: Column) -> Column:
    """Everything up to and including the last slash."""
    return pc.replace_substring_regex(keys, pattern=r"[^/]*\z", replacement="", max_replacements=1)


def names(keys: Column) -> Column:
    """Everything after the last slash."""
    return pc.replace_substring_regex(keys, pattern=r"(?s)\A.*/", replacement="", max_replacements=1)


def extensions(keys: Column) -> Column:
    """In lower case; empty where there is none."""
    return pc.utf8_lower(_group(keys, _EXTENSION, "extension"))


def owners(keys: Column, expression: str) -> Column:
    """What `owner_regex` finds; empty where it does not match, or for an empty expression."""
    return _group(keys, expression, "owner") if expression else empty(len(keys))


def empty(count: int) -> Column:
    return pa.nulls(count, pa.string()).fill_null("")


def _group(keys: Column, pattern: str, name: str) -> Column:
    return pc.struct_field(pc.extract_regex(keys, pattern=pattern), name).fill_null("")
