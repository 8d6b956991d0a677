"""Nouns of metering: an operation is one S3 API call, a batch is what one request brings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
import pyarrow as pa

from storekeeper.kernel.errors import BadInputError, StorekeeperError, TooManyRequestsError, UnavailableError

OPERATION_NAME = r"^[A-Za-z0-9:._-]+$"
_Size = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Operation(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """One operation as it is sent. Sizes in bytes, latency in milliseconds; `weight` is 1 / sampling rate."""

    time: str | int  # RFC 3339, or milliseconds since 1970
    bucket: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]  # registered name
    operation: Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=OPERATION_NAME)]
    status: Annotated[int, msgspec.Meta(ge=100, le=599)]
    id: Annotated[str, msgspec.Meta(max_length=128)] = ""
    owner: Annotated[str, msgspec.Meta(max_length=256)] = ""
    key: Annotated[str, msgspec.Meta(max_length=1024)] = ""
    error: Annotated[str, msgspec.Meta(max_length=128)] = ""
    bytes_in: _Size = 0
    bytes_out: _Size = 0
    object_size: _Size = 0
    latency_ms: Annotated[float, msgspec.Meta(ge=0, le=86_400_000)] = 0.0
    weight: Annotated[float, msgspec.Meta(ge=1e-6, le=1_000_000)] = 1.0
    client_ip: Annotated[str, msgspec.Meta(max_length=64)] = ""
    request_id: Annotated[str, msgspec.Meta(max_length=128)] = ""
    storage_class: Annotated[str, msgspec.Meta(max_length=64)] = ""


# What is sent, as columns; the names of an Arrow batch are those of the JSON.
_SENT: list[tuple[str, pa.DataType]] = [
    ("time", pa.timestamp("ms", tz="UTC")),
    ("bucket", pa.string()),
    ("operation", pa.string()),
    ("status", pa.int64()),
    ("id", pa.string()),
    ("owner", pa.string()),
    ("key", pa.string()),
    ("error", pa.string()),
    ("bytesIn", pa.int64()),
    ("bytesOut", pa.int64()),
    ("objectSize", pa.int64()),
    ("latencyMs", pa.float64()),
    ("weight", pa.float64()),
    ("clientIp", pa.string()),
    ("requestId", pa.string()),
    ("storageClass", pa.string()),
]
SENT = pa.schema(_SENT)
REQUIRED = ("time", "bucket", "operation", "status")


class Rejection(msgspec.Struct, frozen=True, rename="camel"):
    """An item that will never be accepted as it is; sending it again is of no use."""

    index: int
    reason: str


class IngestReply(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of a batch. The first thousand rejections are listed, `rejectedCount` counts all."""

    accepted: int
    duplicates: int
    rejected: Sequence[Rejection]
    rejected_count: int


class IngestStats(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What came in since the start of this process, and what waits in the spool."""

    received: int
    accepted: int
    duplicates: int
    rejected: dict[str, int]  # by reason
    spooled_batches: int
    spooled_operations: int
    spooled_bytes: int
    drained: int
    oldest: datetime | None
    lag_seconds: float
    quarantined: int
    last_error: str


class Recommended(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the server advises clients that were told nothing else: shares 0…1, operations in a batch, seconds."""

    success_sampling_rate: float = 1.0
    error_sampling_rate: float = 1.0
    batch_size: int = 50
    flush_interval_seconds: float = 30.0


class BodyError(BadInputError):
    """The body is not what its headers say, or is larger than allowed; nothing of it was taken."""

    slug, title = "bad-body", "Body can not be read"


class TooLargeError(StorekeeperError):
    """The body, a line or a field of it is larger than allowed; send smaller batches."""

    slug, title, status = "too-large", "Too large", 413


class SpoolBusyError(TooManyRequestsError):
    """The spool is filling faster than it drains; wait as `retryAfterSeconds` says and send the same batch again."""

    slug, title = "spool-busy", "Slow down"


class SpoolFullError(UnavailableError):
    """The spool or the disk is full; nothing was taken, send the same batch again later."""

    slug, title = "spool-full", "No room for operations"
