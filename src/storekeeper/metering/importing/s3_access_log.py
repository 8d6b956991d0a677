"""S3 server access logs: one request a line, fields apart by spaces, `-` where one is missing.

Fields by https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html; only those up to the turn-around time
are read, so that what AWS appends, and what user agents hold, does not matter.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from urllib.parse import unquote

from storekeeper.metering.importing import s3_operations, splitting
from storekeeper.metering.importing.model import (
    OTHER_BUCKET,
    PART_OF_ANOTHER,
    Asked,
    MalformedError,
    OperationsFormat,
    Row,
    Skip,
)
from storekeeper.metering.importing.values import status_code, whole

_NOT_A_REQUEST = Skip("not a request: the provider's own work")
_LINE = re.compile(
    r"\S+ (?P<bucket>\S+) \[(?P<time>[^\]]+)\] (?P<ip>\S+) \S+ (?P<id>\S+) (?P<operation>\S+) (?P<key>\S+) "
    r'(?:"(?P<uri>.*?)"|-) (?P<status>\d{3}|-) (?P<error>\S+) (?P<sent>\d+|-) (?P<size>\d+|-) '
    r"(?P<total>\d+|-) (?:\d+|-)(?: .*)?"
)
_TIME = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")
_MONTHS = {
    name: number
    for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)  # noqa: SIM905
}
_UPLOADS = frozenset({"PutObject", "UploadPart", "PostObject"})


def _row(line: bytes, asked: Asked) -> Row | Skip:
    found = _LINE.fullmatch(line.decode("utf-8", "replace"))
    if found is None:
        raise MalformedError("line: not the fields of an S3 access log")
    bucket = asked.registered(found["bucket"])
    if not bucket:
        return OTHER_BUCKET
    logged = found["operation"]
    if s3_operations.follows_another(logged):
        return PART_OF_ANOTHER
    if found["status"] == "-" or logged.startswith("S3."):
        return _NOT_A_REQUEST
    return _operation(found, bucket)


def _operation(found: re.Match[str], bucket: str) -> Row:
    uri = found["uri"] or ""
    key = "" if found["key"] == "-" else _decoded(found["key"], uri)
    operation = s3_operations.api_name(found["operation"], has_key=bool(key), uri=uri)
    status, size = status_code(found["status"]), whole(found["size"], "objectSize")
    return Row(
        time=_milliseconds(found["time"]),
        bucket=bucket,
        operation=operation,
        status=status,
        id=found["id"] if found["id"] != "-" else "",
        key=key,
        error=found["error"] if found["error"] != "-" else "",
        # The log does not tell what came in; of a stored object it is the object's size.
        bytes_in=size if operation in _UPLOADS and status < 300 else 0,
        bytes_out=whole(found["sent"], "bytesOut"),
        object_size=size,
        latency_ms=float(whole(found["total"], "latencyMs")),
        client_ip=found["ip"] if found["ip"] != "-" else "",
        request_id=found["id"] if found["id"] != "-" else "",
    )


@lru_cache(maxsize=4096)
def _milliseconds(text: str) -> int:
    parts = _TIME.fullmatch(text)
    if parts is None or parts[2] not in _MONTHS:
        raise MalformedError("time: not like 06/Feb/2019:00:00:38 +0000")
    ahead = timedelta(hours=int(parts[8]), minutes=int(parts[9])) * (-1 if parts[7] == "-" else 1)
    try:
        moment = datetime(
            int(parts[3]), _MONTHS[parts[2]], int(parts[1]), int(parts[4]), int(parts[5]), int(parts[6]),
            tzinfo=timezone(ahead),
        )  # fmt: skip
        return int(moment.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise MalformedError("time: there is no such moment") from None


def _decoded(key: str, uri: str) -> str:
    """S3 encodes what is already encoded in the request: where the request shows so, it is undone twice."""
    if "%" not in key:
        return key
    once = unquote(key)
    return unquote(once) if "%" in once and once in uri else once


FORMAT = OperationsFormat(
    name="s3-access-log",
    about="S3 server access logs.",
    records=splitting.lines,
    row=_row,
    grows=True,
)
