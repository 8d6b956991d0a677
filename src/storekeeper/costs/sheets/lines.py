"""On which line of a TOML file a value stands; the parser of the standard library does not tell.

It knows what price sheets are written with: tables, arrays of tables, and a key with its value on a line, where a list may go on
over several. Anything else is found at the line of what it is part of.
"""

import re
from collections import defaultdict
from collections.abc import Mapping

Path = tuple[str | int, ...]
_ARRAY = re.compile(r"\s*\[\[\s*([\w.\-\s]+?)\s*\]\]")
_TABLE = re.compile(r"\s*\[\s*([\w.\-\s]+?)\s*\]\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([\w\-]+)\s*=(.*)")
_TEXT = re.compile(r'"([^"]*)"')


def locate(text: str) -> dict[Path, int]:
    """Lines, counted from 1, by path: `("storage_class", 0, "tier", 1, "price")`."""
    found: dict[Path, int] = {(): 1}
    counts: dict[Path, int] = defaultdict(int)
    table: Path = ()
    key: Path = ()
    items = 0
    for number, line in enumerate(text.splitlines(), 1):
        header = _ARRAY.match(line) or _TABLE.match(line)
        if header:
            table, key = _table(header[1], counts, is_array=line.lstrip().startswith("[[")), ()
            found.setdefault(table, number)
            continue
        named = _KEY.match(line)
        if named:
            key, items = (*table, named[1]), 0
            found.setdefault(key, number)
        if key:
            for _ in _TEXT.finditer(named[2] if named else line):
                found.setdefault((*key, items), number)
                items += 1
    return found


def line_of(path: Path, lines: Mapping[Path, int]) -> int:
    """That of the value, or of the innermost part around it that has one."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _table(dotted: str, counts: dict[Path, int], *, is_array: bool) -> Path:
    """A header's path. In `storage_class.tier`, the first is the latest storage class."""
    path: Path = ()
    *parents, last = (part.strip() for part in dotted.split("."))
    for part in parents:
        path = (*path, part)
        if counts.get(path):
            path = (*path, counts[path] - 1)
    path = (*path, last)
    if is_array:
        counts[path] += 1
        path = (*path, counts[path] - 1)
    return path
