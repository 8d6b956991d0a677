"""Parquet files of any program, read a batch of rows at a time."""

import hashlib
import tempfile
from collections.abc import Iterator
from typing import IO, Any, cast

import pyarrow as pa
from pyarrow import parquet

from storekeeper.metering.importing import mapping
from storekeeper.metering.importing.model import Asked, OperationsFormat, Record
from storekeeper.metering.model import BodyError, TooLargeError

MAX_FILE = 8 << 30
_BATCH = 10_000
_BLOCK = 1 << 20
_IN_MEMORY = 8 << 20


def _records(body: IO[bytes], asked: Asked) -> Iterator[Record]:
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as kept:
        digest = _kept(body, kept)
        try:
            yield from _rows(cast("IO[bytes]", kept), digest, asked)
        except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
            raise BodyError(f"The file is not Parquet that can be read: {error}") from None


def _kept(body: IO[bytes], kept: Any) -> bytes:
    """The end of a Parquet file is read first, so that it is kept on disk meanwhile. The digest of its bytes."""
    digest, size = hashlib.sha256(), 0
    while block := body.read(_BLOCK):
        size += len(block)
        if size > MAX_FILE:
            raise TooLargeError(f"The file is larger than {MAX_FILE >> 30} GiB.")
        digest.update(block)
        kept.write(block)
    kept.seek(0)
    return digest.digest()


def _rows(kept: IO[bytes], digest: bytes, asked: Asked) -> Iterator[Record]:
    file = parquet.ParquetFile(kept)
    there = file.schema_arrow.names
    mapping.check_columns(there, asked)
    wanted = [
        name for name in dict.fromkeys(mapping.column(one, asked) for one in mapping.FIELDS) if name in there
    ]
    number = 0
    for batch in file.iter_batches(batch_size=_BATCH, columns=sorted(wanted), use_threads=False):
        for values in batch.to_pylist():
            number += 1
            yield Record(number, digest + b"%d" % number, values)


FORMAT = OperationsFormat(
    name="parquet",
    about="Parquet files.",
    records=_records,
    row=mapping.row_of_columns,
    mapped=True,
)
