"""Operations as Parquet files in a bucket: written, read back, read."""

import hashlib
import io
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from storekeeper.kernel.errors import UnavailableError
from storekeeper.objectstore import ObjectStore


def write(store: ObjectStore, prefix: str, pieces: Iterable[pa.Table]) -> tuple[int, int, int]:
    """(files, operations, bytes). Each file is read back and compared before the next. Raises UnavailableError."""
    files = operations = size = 0
    for piece in pieces:
        body = _encoded(piece)
        key = name(prefix, files)
        store.put(key, body)
        if hashlib.sha256(store.get(key)).digest() != hashlib.sha256(body).digest():
            raise UnavailableError(
                f"What was written to {key} is not what is read from it.",
                hint="Nothing was removed. Look at the bucket that operations are archived in.",
            )
        files, operations, size = files + 1, operations + piece.num_rows, size + len(body)
    return files, operations, size


def read(store: ObjectStore, prefix: str, files: int) -> Iterator[pa.Table]:
    """Raises NoSuchKeyError, UnavailableError for a file that is damaged."""
    for number in range(files):
        try:
            yield pq.read_table(io.BytesIO(store.get(name(prefix, number))))
        except pa.ArrowException as error:
            raise UnavailableError(f"{name(prefix, number)} can not be read: {error}") from None


def name(prefix: str, number: int) -> str:
    return f"{prefix}part-{number:05}.parquet"


def _encoded(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd")
    return sink.getvalue()
