"""One call of botocore, from its parameters to the operations that its responses stand for."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any

import msgspec

from storekeeper_client.metering.operation import Operation
from storekeeper_client.metering.owner import current_owner

from .streams import Count, count_body

Submit = Callable[[Operation], None]
_NOTHING: dict[str, str] = {}
_SIZED = frozenset({"GetObject", "HeadObject"})


class Call:
    """What is known of a call; the same over its retries, one after the other.

    The program waits while this runs, and comes from far: nothing here is in the processor's caches. Hence a few
    straight lines rather than small functions.
    """

    __slots__ = ("bucket", "key", "operation", "owner", "sent", "size", "storage_class", "time", "whole")

    # Of the attempt under way: when it was sent, by both clocks, and the bytes of its body.
    time: datetime
    sent: float
    size: int

    def __init__(self, operation: str, bucket: str, params: Any) -> None:
        self.operation, self.bucket, self.key = operation, bucket, params.get("Key") or ""
        self.storage_class = params.get("StorageClass") or ""
        self.owner = current_owner()
        body = params.get("Body")
        self.whole = len(body) if type(body) is bytes else None

    def receive(self, parsed: Any, response: Any, monotonic: float, submit: Submit) -> None:
        about = parsed["ResponseMetadata"]
        status, name, sent = about["HTTPStatusCode"], self.operation, self.size
        body = parsed.get("Body")
        stream = getattr(body, "_raw_stream", None) if body is not None else None
        expected = parsed.get("ContentLength")
        size: int | None = None
        if status < 300:
            if name in _SIZED:
                size = expected if "ContentRange" not in parsed else _whole(parsed["ContentRange"])
            elif name == "PutObject":
                size = sent
        operation = Operation(
            time=self.time,
            bucket=self.bucket,
            operation=name,
            status=status,
            owner=self.owner,
            key=self.key,
            error=parsed.get("Error", _NOTHING).get("Code", "") if status >= 400 else "",
            bytes_in=sent,
            bytes_out=len(response["body"] or b"") if stream is None else expected or 0,
            object_size=size,
            latency_ms=(monotonic - self.sent) * 1000,
            request_id=about.get("RequestId", ""),
            storage_class=parsed.get("StorageClass") or self.storage_class,
        )
        if stream is None:
            submit(operation)
            return
        reading = Reading(expected)
        reading.operation, reading.submit = operation, submit
        if expected == 0:
            reading.finish()
        body._raw_stream = count_body(stream, reading)  # noqa: SLF001 - so that checksum bodies stay what they are


class Reading(Count):
    """The body of a response that the program reads; submits the operation when it is done.

    It does not know the response, so that an abandoned body is noticed at once and not by the garbage collector.
    """

    __slots__ = ("operation", "submit")

    operation: Operation
    submit: Submit

    def done(self, size: int, error: str) -> None:
        operation = self.operation
        if error or size != operation.bytes_out:  # mostly it was read whole, as the operation says already
            operation = msgspec.structs.replace(operation, bytes_out=size, error=error)
        self.submit(operation)


def body_size(data: Any, headers: Any) -> int:
    """Bytes of a request's body, before any transfer coding."""
    if not data:
        return 0
    if type(data) is BytesIO:  # what botocore makes of bytes; never sent in a transfer coding
        here = data.tell()
        end = data.seek(0, 2)
        data.seek(here)
        return end - here
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


def _whole(content_range: str) -> int | None:
    """Bytes of the whole object, of which `bytes 0-9/100` is a part."""
    total = content_range.rpartition("/")[2]
    return int(total) if total.isdigit() else None
