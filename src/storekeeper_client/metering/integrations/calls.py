"""One call of botocore, from its parameters to the operations that its responses stand for."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from storekeeper_client.metering.operation import Operation
from storekeeper_client.metering.owner import current_owner

from .streams import Count, count_body

Submit = Callable[[Operation], None]
_NOTHING: dict[str, str] = {}
_SIZED = frozenset({"GetObject", "HeadObject"})


class Call:
    """What is known of a call; the same over its retries, one after the other."""

    __slots__ = ("_bucket", "_key", "_operation", "_owner", "_sent", "_size", "_storage_class", "_time")

    def __init__(self, operation: str, bucket: str, params: Any) -> None:
        self._operation, self._bucket, self._key = operation, bucket, params.get("Key") or ""
        self._storage_class = params.get("StorageClass") or ""
        self._owner = current_owner()

    def send(self, request: Any, now: datetime, monotonic: float) -> None:
        data = request.data
        self._size = _body_size(data, request.headers) if data else 0
        self._time, self._sent = now, monotonic

    def receive(self, parsed: Any, response: Any, monotonic: float, submit: Submit) -> None:
        latency = (monotonic - self._sent) * 1000
        body = parsed.get("Body")
        stream = getattr(body, "_raw_stream", None) if body is not None else None
        if stream is None:
            submit(self._operation_of(parsed, latency, len(response["body"] or b"")))
            return
        # Without reference to the response, so that an abandoned body is noticed at once and not by the garbage collector.
        read = self._operation_of(parsed, latency, 0)
        count = Count(
            parsed.get("ContentLength"),
            lambda size, failure: submit(msgspec.structs.replace(read, bytes_out=size, error=failure)),
        )
        count.add(0)  # an empty body is done already
        body._raw_stream = count_body(stream, count)  # noqa: SLF001 - so that checksum bodies stay what they are

    def _operation_of(self, parsed: Any, latency: float, size: int) -> Operation:
        about = parsed["ResponseMetadata"]
        status = about["HTTPStatusCode"]
        return Operation(
            time=self._time,
            bucket=self._bucket,
            operation=self._operation,
            status=status,
            owner=self._owner,
            key=self._key,
            error=parsed.get("Error", _NOTHING).get("Code", "") if status >= 400 else "",
            bytes_in=self._size,
            bytes_out=size,
            object_size=_object_size(self._operation, parsed, self._size) if status < 300 else None,
            latency_ms=latency,
            request_id=about.get("RequestId", ""),
            storage_class=parsed.get("StorageClass") or self._storage_class,
        )


def _body_size(data: Any, headers: Any) -> int:
    """Bytes of a request's body, before any transfer coding."""
    if hasattr(data, "__len__"):
        return len(data)
    length = headers.get("X-Amz-Decoded-Content-Length")
    return int(length) if length is not None else _rest_of(data)


def _rest_of(file: Any) -> int:
    """Bytes from the file's position to its end, as botocore finds them; none for what can only be read."""
    if not (hasattr(file, "seek") and hasattr(file, "tell")):
        return 0
    here: int = file.tell()
    file.seek(0, 2)
    end: int = file.tell()
    file.seek(here)
    return end - here


def _object_size(operation: str, parsed: Any, sent: int) -> int | None:
    """Bytes of the whole object, where request or response tells."""
    if operation == "PutObject":
        return sent
    if operation not in _SIZED:
        return None
    content_range = parsed.get("ContentRange")
    if content_range is None:
        length: int | None = parsed.get("ContentLength")
        return length
    total = content_range.rpartition("/")[2]
    return int(total) if total.isdigit() else None
