"""MinIO's audit log: one JSON document a request, as its audit webhook sends it or as lines of a file."""

import re
from typing import Any

import msgspec

from storekeeper.metering.importing import splitting
from storekeeper.metering.importing.model import (
    OTHER_BUCKET,
    Asked,
    MalformedError,
    OperationsFormat,
    Row,
    Skip,
)
from storekeeper.metering.importing.values import api_name, decimal, instant, status_code, text, whole

_NAMES = {
    "NewMultipartUpload": "CreateMultipartUpload", "PutObjectPart": "UploadPart", "CopyObjectPart": "UploadPartCopy",
    "DeleteMultipleObjects": "DeleteObjects", "ListObjectParts": "ListParts", "ListObjectsV1": "ListObjects",
    "ListObjectsV2M": "ListObjectsV2", "ListObjectVersionsM": "ListObjectVersions", "PutBucket": "CreateBucket",
}  # fmt: skip
_DURATION = re.compile(r"(\d{1,15}(?:\.\d{1,12})?)(ns|us|µs|ms|s|m|h)")
_MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6}
_INTERNAL = Skip("not a request to a bucket")


class _Api(msgspec.Struct, rename="camel"):
    name: Any = ""
    bucket: Any = ""
    object: Any = ""
    status_code: Any = 0
    rx: Any = 0
    tx: Any = 0
    time_to_response: Any = ""
    time_to_response_in_ns: Any = msgspec.field(name="timeToResponseInNS", default="")


class _Audited(msgspec.Struct):
    time: Any = None
    api: _Api | None = None
    remotehost: Any = ""
    request_id: Any = msgspec.field(name="requestID", default="")
    error: Any = ""


_decode = msgspec.json.Decoder(_Audited).decode


def _read(line: bytes) -> _Audited:
    try:
        return _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(f"line: {error}") from None


def _row(line: bytes, asked: Asked) -> Row | Skip:
    audited = _read(line)
    api = audited.api or _Api()
    if not text(api.bucket):
        return _INTERNAL
    bucket = asked.registered(text(api.bucket))
    if not bucket:
        return OTHER_BUCKET
    name = api_name(api.name)
    return Row(
        time=instant(audited.time),
        bucket=bucket,
        operation=_NAMES.get(name, name),
        status=status_code(api.status_code),
        id=text(audited.request_id),
        key=text(api.object),
        error=text(audited.error)[:128],
        bytes_in=whole(api.rx, "bytesIn"),
        bytes_out=whole(api.tx, "bytesOut"),
        latency_ms=_latency(api),
        client_ip=text(audited.remotehost),
        request_id=text(audited.request_id),
    )


def _latency(api: _Api) -> float:
    """Milliseconds, from nanoseconds or from a duration as Go writes it."""
    if api.time_to_response_in_ns not in (None, ""):
        return decimal(api.time_to_response_in_ns, "latencyMs", 0.0) / 1e6
    written = text(api.time_to_response)
    parts = _DURATION.findall(written)
    if "".join(number + unit for number, unit in parts) != written:
        raise MalformedError("latencyMs: not a duration such as 1.5ms")
    return sum(float(number) * _MILLISECONDS[unit] for number, unit in parts)


def _identity(line: bytes) -> str:
    return text(_read(line).request_id)


FORMAT = OperationsFormat(
    name="minio-audit",
    about="MinIO's audit log: JSON lines.",
    records=splitting.json_records,
    row=_row,
    grows=True,
    names_buckets=True,
    identity=_identity,
)
