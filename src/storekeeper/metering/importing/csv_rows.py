"""CSV with a header line, of any program."""

import csv
from collections.abc import Iterator
from typing import IO

from storekeeper.metering.importing import mapping, splitting
from storekeeper.metering.importing.model import Asked, OperationsFormat, Record
from storekeeper.metering.model import BodyError

_BETWEEN = "\x1f"


def _records(body: IO[bytes], asked: Asked) -> Iterator[Record]:
    reader = csv.reader(_text(body), strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise BodyError(f"The header line is not CSV: {error}") from None
    columns = [name.strip() for name in header]
    mapping.check_columns(columns, asked)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(line, f"{line}:{error}".encode(), fault=f"line: {error}")
            continue
        if fields:
            yield _record(line, columns, fields)


def _record(line: int, columns: list[str], fields: list[str]) -> Record:
    content = _BETWEEN.join(fields).encode()
    if len(fields) != len(columns):
        return Record(line, content, fault=f"line: {len(fields)} fields where the header has {len(columns)}")
    return Record(line, content, dict(zip(columns, fields, strict=True)))


def _text(body: IO[bytes]) -> Iterator[str]:
    first = True
    while raw := body.readline(splitting.MAX_LINE):
        line = raw.decode("utf-8", "replace")
        yield line.removeprefix("\ufeff") if first else line
        first = False


FORMAT = OperationsFormat(
    name="csv",
    about="CSV with a header line.",
    records=_records,
    row=mapping.row_of_columns,
    mapped=True,
)
