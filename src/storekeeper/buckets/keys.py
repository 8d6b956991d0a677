"""Keys of objects split into the parts that are kept of them: a whole batch at a time, or one."""

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storekeeper.objectstore.probing import RESERVED_PREFIX

# A letter must be near the front: numbers behind a dot are counters and dates, not types.
_TYPE = "[0-9]?[A-Za-z][A-Za-z0-9]{0,8}"
_EXTENSION = rf"[^/]\.(?P<extension>{_TYPE})"
_is_type = re.compile(_TYPE).fullmatch

Column = Any  # pyarrow.Array of strings


def split(keys: Column) -> tuple[Column, Column]:
    """Everything up to and including the last slash, and what follows it."""
    nothing: Any = ""
    if not len(keys):
        return keys, keys
    halves = pc.split_pattern(keys, "/", max_splits=1, reverse=True)
    begin, end = halves.offsets[:-1], halves.offsets[1:]
    last = pc.subtract(end, 1)
    before = pc.binary_join_element_wise(halves.values.take(begin), nothing, "/")
    return pc.if_else(pc.equal(begin, last), nothing, before), halves.values.take(last)


def extensions(names: Column) -> Column:
    """In lower case; empty where there is none."""
    return pc.ascii_lower(_group(names, _EXTENSION + r"\z", "extension"))


def owners(keys: Column, expression: str) -> Column:
    """What `owner_regex` finds; empty where it does not match, for an empty expression, and for our own probes."""
    if not expression:
        return empty(len(keys))
    nobodys: Any = ""
    probes = pc.starts_with(keys, pattern=RESERVED_PREFIX)
    return pc.if_else(probes, nobodys, _group(keys, expression, "owner"))


def empty(count: int) -> Column:
    return pa.nulls(count, pa.string()).fill_null("")


def split_one(key: str) -> tuple[str, str, str]:
    """(prefix, name, extension) as `split` and `extensions` find them."""
    at = key.rfind("/") + 1
    name = key[at:]
    stem, _, ending = name.rpartition(".")
    return key[:at], name, ending.lower() if stem and _is_type(ending) else ""


def _group(keys: Column, pattern: str, name: str) -> Column:
    return pc.struct_field(pc.extract_regex(keys, pattern=pattern), name).fill_null("")
