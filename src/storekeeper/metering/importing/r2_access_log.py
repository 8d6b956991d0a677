"""R2 data access logs: JSON, one record a line. R2 logs what succeeded, and tells no latency."""

from typing import Any

import msgspec

from storekeeper.metering.importing import r2_names, splitting
from storekeeper.metering.importing.model import (
    OTHER_BUCKET,
    Asked,
    MalformedError,
    OperationsFormat,
    Row,
    Skip,
)
from storekeeper.metering.importing.values import api_name, instant, status_code, text, whole


class _Metadata(msgspec.Struct):
    timestamp: Any = None


class _Request(msgspec.Struct):
    bytes: Any = 0


class _Response(msgspec.Struct, rename="camel"):
    bytes: Any = 0
    status: Any = 0
    error_code: Any = ""


class _Client(msgspec.Struct):
    ip: Any = ""


class _Resource(msgspec.Struct):
    key: Any = ""
    size: Any = 0


class _Logged(msgspec.Struct, rename="camel"):
    metadata: _Metadata | None = msgspec.field(name="$metadata", default=None)
    action: Any = ""
    bucket: Any = ""
    request: _Request | None = None
    response: _Response | None = None
    request_metadata: _Client | None = None
    resource: _Resource | None = None
    timestamp: Any = None


_decode = msgspec.json.Decoder(_Logged).decode


def _row(line: bytes, asked: Asked) -> Row | Skip:
    try:
        logged = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(f"line: {error}") from None
    bucket = r2_names.registered(text(logged.bucket), asked)
    if not bucket:
        return OTHER_BUCKET
    request, response = logged.request or _Request(), logged.response or _Response()
    resource, client = logged.resource or _Resource(), logged.request_metadata or _Client()
    moment = logged.metadata.timestamp if logged.metadata else logged.timestamp
    return Row(
        time=instant(moment),
        bucket=bucket,
        operation=api_name(logged.action),
        status=status_code(response.status),
        key=text(resource.key),
        error=text(response.error_code),
        bytes_in=whole(request.bytes, "bytesIn"),
        bytes_out=whole(response.bytes, "bytesOut"),
        object_size=whole(resource.size, "objectSize"),
        client_ip=text(client.ip),
    )


FORMAT = OperationsFormat(
    name="r2-access-log",
    about="R2 data access logs: JSON lines, or an array.",
    records=splitting.json_records,
    row=_row,
    grows=True,
)
