"""Rows of FOCUS as CSV and as tables for Parquet, a piece at a time."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import pyarrow as pa

from storekeeper.costs.focus.columns import Holds
from storekeeper.costs.focus.rows import PLACES, Row

AT_ONCE = 5000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TYPES: Mapping[Holds, pa.DataType] = {
    Holds.TEXT: pa.string(),
    Holds.TIME: pa.timestamp("ms", tz="UTC"),
    Holds.MONEY: pa.decimal128(38, 9),
    Holds.QUANTITY: pa.decimal128(38, PLACES),
    Holds.PRICE: pa.decimal128(38, PLACES),
}


def tables(rows: Iterable[Row], columns: Mapping[str, Holds]) -> Iterator[pa.Table]:
    """At least one, so that a month without charges has its columns too."""
    schema = pa.schema([(name, _TYPES[holds]) for name, holds in columns.items()])
    pieces = iter(rows)
    piece = list(islice(pieces, AT_ONCE))
    while True:
        yield pa.Table.from_pylist(piece, schema=schema)
        piece = list(islice(pieces, AT_ONCE))
        if not piece:
            return


def csv_pieces(rows: Iterable[Row], columns: Mapping[str, Holds]) -> Iterator[bytes]:
    """With a header line; null is an empty field, times end in Z, decimals have no exponent."""
    pieces, fields = iter(rows), list(columns)
    text = io.StringIO()
    csv.writer(text).writerow(fields)
    yield text.getvalue().encode()
    while piece := list(islice(pieces, AT_ONCE)):
        text = io.StringIO()
        csv.writer(text).writerows([_written(row[name]) for name in fields] for row in piece)
        yield text.getvalue().encode()


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    # What people name must not be taken for a formula by a spreadsheet.
    return f"'{value}" if value.startswith(_FORMULA) else str(value)
