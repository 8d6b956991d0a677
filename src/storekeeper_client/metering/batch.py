"""Operations packed for one request: the bytes and the key stay the same over all retries."""

import gzip
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from .note import Note, worked_out
from .operation import Operation

_WORTH_COMPRESSING = 1000  # bytes
_encoder = msgspec.json.Encoder()


class Batch(msgspec.Struct, frozen=True):
    """`body` is NDJSON, gzipped when it says so. `id` is the request's `Idempotency-Key`."""

    id: str
    body: bytes
    count: int
    gzipped: bool


class Packer(NamedTuple):
    """How operations are packed."""

    find_owner: Callable[[str], str]
    compress: bool

    def pack(self, records: Sequence[Operation | Note]) -> Batch | None:
        """A batch of those whose values JSON can carry (half a surrogate pair can not be), if there are any."""
        lines = list(_lines(records, self.find_owner))
        if not lines:
            return None
        body = b"\n".join(lines) + b"\n"
        gzipped = self.compress and len(body) >= _WORTH_COMPRESSING
        if gzipped:
            body = gzip.compress(body, compresslevel=1, mtime=0)
        return Batch(str(uuid.uuid4()), body, len(lines), gzipped)


def _lines(records: Iterable[Operation | Note], find_owner: Callable[[str], str]) -> Iterable[bytes]:
    for record in records:
        try:
            operation = worked_out(record)
            if operation.owner == "" and (found := find_owner(operation.key)):
                yield _encoder.encode(msgspec.structs.replace(operation, owner=found))
            else:
                yield _encoder.encode(operation)
        except (AttributeError, TypeError, ValueError, msgspec.MsgspecError):
            continue
