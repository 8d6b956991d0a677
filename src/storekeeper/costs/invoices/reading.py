"""Files of invoices as rows of text, a piece at a time: CSV or Parquet, as it is or compressed by gzip."""

import gzip
import io
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from storekeeper.costs.invoices.model import InvoiceFormatError
from storekeeper.metering.model import BodyError, TooLargeError

MOST_BYTES = 2 << 30  # of a file, compressed or not
MOST_COLUMNS = 2000
_PIECE, _BLOCK, _AT_ONCE = 1 << 20, 8 << 20, 20_000
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"


class Piece(NamedTuple):
    """Some lines: the number of the first one (the header is line 1), and the values of the columns that were asked for."""

    line: int
    rows: Sequence[Mapping[str, str]]


class Opened(NamedTuple):
    header: Sequence[str]
    pieces: Any  # a function of the columns that are wanted, which gives an iterator of Piece


@contextmanager
def opened(body: IO[bytes], folder: Path) -> Iterator[Opened]:
    """A file that comes in is first laid into `folder`, without a name. Raises BodyError, TooLargeError, InvoiceFormatError."""
    with tempfile.TemporaryFile(dir=folder) as laid, tempfile.TemporaryFile(dir=folder) as unpacked:
        file = _lay(body, laid)
        if _begins(file, _GZIP):
            file = _unpack(file, unpacked)
        if not file.read(1):
            raise BodyError("The file is empty.")
        file.seek(0)
        yield _parquet(file) if _begins(file, _PARQUET) else _csv(file)


def _lay(body: Any, file: Any) -> Any:
    size = 0
    while piece := body.read(_PIECE):
        size += len(piece)
        if size > MOST_BYTES:
            raise TooLargeError(
                f"The file has more than {MOST_BYTES >> 30} GiB.",
                hint="Import it month by month, or as Parquet.",
            )
        file.write(piece)
    file.seek(0)
    return file


def _unpack(file: Any, unpacked: Any) -> Any:
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as packed:
            return _lay(packed, unpacked)
    except (OSError, EOFError, zlib.error) as error:
        raise BodyError(f"The file can not be decompressed: {error}") from None


def _begins(file: Any, mark: bytes) -> bool:
    found = file.read(len(mark)) == mark
    file.seek(0)
    return bool(found)


def _csv(file: Any) -> Opened:
    """Everything is text: a number is read as it is written."""
    first = file.readline(_BLOCK).decode("utf-8-sig", "replace").rstrip("\r\n")
    file.seek(0)
    options = pa_csv.ParseOptions(newlines_in_values=True)
    try:
        header = pa_csv.read_csv(io.BytesIO(f"{first}\n".encode())).schema.names
    except pa.ArrowException as error:
        raise InvoiceFormatError(f"The first line is no header of CSV: {error}") from None
    if len(header) > MOST_COLUMNS or len(set(header)) < len(header):
        raise InvoiceFormatError("The header has too many columns, or one twice.")

    def pieces(columns: Sequence[str]) -> Iterator[Piece]:
        convert = pa_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            include_columns=list(columns),
            strings_can_be_null=False,
        )
        try:
            reader = pa_csv.open_csv(file, pa_csv.ReadOptions(block_size=_BLOCK), options, convert)
            yield from _numbered(reader)
        except pa.ArrowException as error:
            raise InvoiceFormatError(
                f"The file is not CSV throughout: {error}", hint="Nothing of it was imported."
            ) from None

    return Opened(header, pieces)


def _parquet(file: Any) -> Opened:
    try:
        opened_file = pq.ParquetFile(file)
    except pa.ArrowException as error:
        raise InvoiceFormatError(f"The file is not Parquet: {error}") from None

    def pieces(columns: Sequence[str]) -> Iterator[Piece]:
        try:
            yield from _numbered(opened_file.iter_batches(batch_size=_AT_ONCE, columns=list(columns)))
        except pa.ArrowException as error:
            raise InvoiceFormatError(f"The file is damaged: {error}") from None

    return Opened(opened_file.schema_arrow.names, pieces)


def _numbered(batches: Any) -> Iterator[Piece]:
    line = 2
    for batch in batches:
        for part in pa.Table.from_batches([batch]).to_batches(max_chunksize=_AT_ONCE):
            names = part.schema.names
            columns = [[_text(value) for value in column.to_pylist()] for column in part.columns]
            yield Piece(
                line, [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
            )
            line += part.num_rows


def _text(value: Any) -> str:
    """Floating-point numbers as their shortest decimal form, which is what a CSV of the same export has."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)
