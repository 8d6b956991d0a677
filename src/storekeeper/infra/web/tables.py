"""Answers as tables: CSV, Parquet and Arrow beside JSON, whole or as a stream of parts."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import IO, Annotated, Any, cast

import msgspec
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from litestar import MediaType, Request, Response
from litestar.params import QueryParameter
from litestar.response import Stream

from storekeeper.infra.caching import Kept
from storekeeper.kernel.errors import BadInputError

PARQUET, ARROW, NDJSON = (
    "application/vnd.apache.parquet",
    "application/vnd.apache.arrow.stream",
    "application/x-ndjson",
)
_FORMATS = {"json": "", "csv": "text/csv", "parquet": PARQUET, "arrow": ARROW, "ndjson": NDJSON}
_TYPES: Mapping[Any, pa.DataType] = {
    datetime: pa.timestamp("ms", tz="UTC"),
    float: pa.float64(),
    float | None: pa.float64(),
    int: pa.int64(),
    int | None: pa.int64(),
    bool: pa.bool_(),
    date: pa.date32(),
    datetime | None: pa.timestamp("ms", tz="UTC"),
    str: pa.string(),
    str | None: pa.string(),
}
Form = Annotated[str, QueryParameter(name="format")]
CSV = ("json", "csv")
FILES = (*CSV, "parquet", "arrow")
STREAMS = (*FILES, "ndjson")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FORMULAS = r"^([=+\-@\t\r])"
_NUMBER = re.compile(r"-\d+(\.\d+)?", re.ASCII)


def form_of(request: Request[Any, Any, Any], form: str, known: Sequence[str] = FILES) -> str:
    """One of those known: as `format=` says, else as `Accept` does, else the first. Raises BadInputError."""
    if form and form not in known:
        raise BadInputError(f"{form!r} is no format.", hint=f"Write one of {', '.join(known)}.")
    accepted = request.headers.get("accept", "").partition(",")[0].partition(";")[0].strip()
    return form or next((name for name in known if _FORMATS[name] and _FORMATS[name] == accepted), known[0])


def answer(
    body: Kept[Any], rows: Sequence[msgspec.Struct], kind: type[msgspec.Struct], *, form: str, name: str
) -> Response[Any]:
    """The body as JSON, or the rows (of that kind, which an empty table needs) as a file of that name."""
    if form == "json":
        return whole(body)
    if form == "csv":
        return csv_of(rows, f"{name}.csv") if rows else _empty(kind, f"{name}.csv")
    table, sink = _table(rows, kind), io.BytesIO()
    if form == "parquet":
        pq.write_table(table, sink, compression="zstd")
    else:
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    return Response(sink.getvalue(), media_type=_FORMATS[form], headers=_saved_as(f"{name}.{form}"))


def whole(body: Kept[Any]) -> Response[Any]:
    """As JSON, which is made once for the tag and for all who get it."""
    return Response(body.encoded, media_type=MediaType.JSON)


def csv_of(rows: Sequence[msgspec.Struct], filename: str) -> Response[Any]:
    """Structs as CSV with a header line; empty without rows."""
    records = [msgspec.to_builtins(row) for row in rows]
    text = io.StringIO()
    if records:
        writer = csv.DictWriter(text, records[0].keys())
        writer.writeheader()
        writer.writerows(_harmless_record(record) for record in records)
    return Response(text.getvalue(), media_type="text/csv", headers=_saved_as(filename))


def stream(parts: Iterator[pa.Table], *, form: str, name: str) -> Stream:
    """Tables of one schema, the first of which gives it, as one file; only one of them is in memory at a time."""
    form = "ndjson" if form == "json" else form
    pieces = {"csv": _csv, "ndjson": _ndjson, "parquet": _parquet, "arrow": _arrow}[form](parts)
    return Stream(pieces, media_type=_FORMATS[form], headers=_saved_as(f"{name}.{form}"))


def _harmless_record(record: dict[str, Any]) -> dict[str, Any]:
    """Keys of objects are other people's text: a spreadsheet must not take one for a formula."""
    return {
        name: f"'{value}" if isinstance(value, str) and _is_formula(value) else value
        for name, value in record.items()
    }


def _is_formula(text: str) -> bool:
    """A negative number is none."""
    return text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)


class _Sink(io.RawIOBase):
    """Takes what a writer writes and gives it away; a writer that never goes back needs no more."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        raw = bytes(piece)
        self._pieces.append(raw)
        self._written += len(raw)
        return len(raw)

    def tell(self) -> int:
        return self._written

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _csv(parts: Iterator[pa.Table]) -> Iterator[bytes]:
    for number, part in enumerate(parts):
        sink = io.BytesIO()
        pa_csv.write_csv(_harmless(part), sink, pa_csv.WriteOptions(include_header=number == 0))
        yield sink.getvalue()


def _harmless(part: pa.Table) -> pa.Table:
    """Keys are other people's text: a spreadsheet must not take one for a formula."""
    for place, field in enumerate(part.schema):
        if pa.types.is_string(field.type):
            safe = pa.compute.replace_substring_regex(part[field.name], _FORMULAS, r"'\1")
            part = part.set_column(place, field.name, safe)
    return part


def _ndjson(parts: Iterator[pa.Table]) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode_lines
    for part in parts:
        for batch in part.to_batches(max_chunksize=10_000):
            yield encode(batch.to_pylist())


def _parquet(parts: Iterator[pa.Table]) -> Iterator[bytes]:
    sink, writer = _Sink(), None
    for part in parts:
        writer = writer or pq.ParquetWriter(cast("IO[bytes]", sink), part.schema, compression="zstd")
        writer.write_table(part)
        yield sink.taken()
    if writer:
        writer.close()
    yield sink.taken()


def _arrow(parts: Iterator[pa.Table]) -> Iterator[bytes]:
    sink, writer = _Sink(), None
    for part in parts:
        writer = writer or pa.ipc.new_stream(sink, part.schema)
        writer.write_table(part)
        yield sink.taken()
    if writer:
        writer.close()
    yield sink.taken()


def _table(rows: Sequence[msgspec.Struct], kind: type[msgspec.Struct]) -> pa.Table:
    fields = [(field.name, field.encode_name, _TYPES[field.type]) for field in msgspec.structs.fields(kind)]
    schema = pa.schema([(written, type_) for _, written, type_ in fields])
    columns = [pa.array([getattr(row, name) for row in rows], type_) for name, _, type_ in fields]
    return pa.table(columns, schema=schema)


def _empty(kind: type[msgspec.Struct], name: str) -> Response[str]:
    text = io.StringIO()
    csv.writer(text).writerow([field.encode_name for field in msgspec.structs.fields(kind)])
    return Response(text.getvalue(), media_type="text/csv", headers=_saved_as(name))


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
