"""Lists of objects as files: written a page at a time, however long they are."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa
from litestar import Response

from storekeeper.cleanup.ledger import Ledger
from storekeeper.infra.web import tables
from storekeeper.kernel.errors import BadInputError

_ROWS = 10_000
_TIME = pa.timestamp("ms", tz="UTC")
_TYPES = {"size": pa.int64(), "modified": _TIME, "time": _TIME}
Rows = Callable[[int, int], Sequence[tuple[int, msgspec.Struct]]]  # (after, count) -> rows with their number


def number(cursor: str) -> int:
    """A cursor of these lists. Raises BadInputError."""
    if cursor and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 16):
        raise BadInputError("cursor: not one of this server's.")
    return int(cursor or 0)


def file_of(ledger: Ledger, rows: Rows, kind: type[msgspec.Struct], *, form: str, name: str) -> Response[Any]:
    """All rows as CSV, NDJSON, Parquet or Arrow; the ledger is closed at the end."""
    return tables.stream(_tables(ledger, rows, kind), form=form, name=name)


def _tables(ledger: Ledger, rows: Rows, kind: type[msgspec.Struct]) -> Iterator[pa.Table]:
    """At least one, for a file without rows has a heading too."""
    fields = kind.__struct_fields__
    schema = pa.schema([(name, _TYPES.get(name, pa.string())) for name in fields])
    after, begun = 0, False
    with ledger:
        while (found := rows(after, _ROWS)) or not begun:
            begun = True
            columns: list[Any] = [
                pa.array([getattr(row, name) for _, row in found], schema.field(name).type) for name in fields
            ]
            yield pa.Table.from_arrays(columns, schema=schema)
            if not found:
                return
            after = found[-1][0]
