"""Records gathered into chunks. The same file gives the same chunks at any time, so that none is taken in twice."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import IO

import pyarrow as pa

from storekeeper.metering.importing.model import (
    Asked,
    Chunk,
    MalformedError,
    OperationsFormat,
    Record,
    Row,
    Skip,
)
from storekeeper.metering.model import SENT, Rejection

RECORDS = 10_000  # in a chunk; part of what a chunk is recognized by, so it never changes
Records = Sequence[Record]
_WITH_INDEX = SENT.append(pa.field("index", pa.int64()))


def chunks(
    form: OperationsFormat,
    body: IO[bytes],
    asked: Asked,
    *,
    alone: bool = False,
    cut: Callable[[Records], Iterable[Records]] = lambda records: [records],
) -> Iterator[Chunk]:
    """All of a body, `RECORDS` at a time and cut further by `cut`, or one by one where each record stands alone.

    Raises BodyError.
    """
    records = form.records(body, asked)
    seen: Counter[str] = Counter()
    while gathered := list(islice(records, 1 if alone else RECORDS)):
        for part in cut(gathered):
            digest = content_of(part)
            yield _chunk(form, part, asked, identity=_identity(digest, seen[digest]), alone=alone)
            seen[digest] += 1


def content_of(records: Records) -> str:
    """Hex SHA-256 of what the records are recognized by."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(b"%d:" % len(record.content))
        digest.update(record.content)
    return digest.hexdigest()


def _identity(digest: str, before: int) -> str:
    """Equal chunks of one file are told apart by how many came before: a file may well repeat itself."""
    return f"{digest}-{before}" if before else digest


def _chunk(form: OperationsFormat, records: Records, asked: Asked, *, identity: str, alone: bool) -> Chunk:
    first = content_of(records[:1])
    rows: list[tuple[object, ...]] = []
    refused: list[Rejection] = []
    skipped: Counter[str] = Counter()
    for record in records:
        try:
            row = _row(form, record, asked)
        except MalformedError as error:
            refused.append(Rejection(record.line, str(error)))
            continue
        if isinstance(row, Skip):
            skipped[str(row)] += 1
        else:
            rows.append((*row, record.line))
            if alone and form.identity is not None:
                first = identity = form.identity(record.value) or identity
    return Chunk(
        identity=identity,
        first=first,
        rows=_table(rows),
        refused=refused,
        skipped=dict(skipped),
        records=len(records),
    )


def _row(form: OperationsFormat, record: Record, asked: Asked) -> Row | Skip:
    if record.fault:
        raise MalformedError(record.fault)
    return form.row(record.value, asked)


def _table(rows: Sequence[tuple[object, ...]]) -> pa.Table:
    if not rows:
        return _WITH_INDEX.empty_table()
    times, *others = zip(*rows, strict=True)
    columns = [pa.array(times, pa.int64()).cast(_WITH_INDEX.field(0).type)]
    columns += [
        pa.array(values, field.type) for values, field in zip(others, list(_WITH_INDEX)[1:], strict=True)
    ]
    return pa.table(columns, schema=_WITH_INDEX)
