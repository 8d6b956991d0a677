"""What is written down of a request while the program waits; the thread that sends makes an operation of it."""

from datetime import datetime

import msgspec

from .operation import Operation

_SIZED = frozenset({"GetObject", "HeadObject"})


class Note(msgspec.Struct, gc=False, weakref=False):
    """One answered request of botocore. `sent`, `received` and `length` are bytes of bodies, `seconds` its latency.

    `length` and `content_range` are what the response says of its own body. Made by position, for names cost time.
    """

    time: datetime
    bucket: str
    name: str
    status: int
    owner: str
    key: str | None
    error: str
    sent: int
    received: int
    length: int | None
    content_range: str | None
    seconds: float
    request_id: str
    storage_class: str | None

    def operation(self) -> Operation:
        """The same as it goes over the wire. Raises what values that make no sense lead to."""
        return Operation(
            time=self.time,
            bucket=self.bucket,
            operation=self.name,
            status=self.status,
            owner=self.owner,
            key=self.key or "",
            error=self.error,
            bytes_in=self.sent,
            bytes_out=self.received,
            object_size=self._size() if self.status < 300 else None,
            latency_ms=self.seconds * 1000,
            request_id=self.request_id,
            storage_class=self.storage_class or "",
        )

    def _size(self) -> int | None:
        """Bytes of the object, where the request tells."""
        if self.name == "PutObject":
            return self.sent
        if self.name not in _SIZED:
            return None
        return self.length if self.content_range is None else _whole(self.content_range)


def worked_out(record: Operation | Note) -> Operation:
    """The operation that a record is, or is a note of."""
    return record.operation() if isinstance(record, Note) else record


def _whole(content_range: str) -> int | None:
    """Bytes of the whole object, of which `bytes 0-9/100` is a part."""
    total = content_range.rpartition("/")[2]
    return int(total) if total.isdigit() else None
