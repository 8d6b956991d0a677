"""Files of any program: fields of an operation by the names of columns. Shared by csv, ndjson and parquet."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from storekeeper.metering.importing.model import OTHER_BUCKET, Asked, MalformedError, Row, Skip
from storekeeper.metering.importing.values import api_name, decimal, instant, status_code, text, whole
from storekeeper.metering.model import REQUIRED, SENT, BodyError

FIELDS = frozenset(SENT.names)
_NEEDED = tuple(name for name in REQUIRED if name != "bucket")


def column(field: str, asked: Asked) -> str:
    """The column that holds a field: the mapped one, or the one of the same name."""
    return asked.mapping.get(field, field)


def check_columns(columns: Iterable[str], asked: Asked) -> None:
    """Raises BodyError when a file lacks a column that is needed or was named."""
    there = set(columns)
    wanted = [column(field, asked) for field in _NEEDED] + list(asked.mapping.values())
    missing = sorted({name for name in wanted if name not in there})
    if missing:
        raise BodyError(
            f"The file has no column {', '.join(map(repr, missing))}.",
            hint="Name columns with --map FIELD=COLUMN; time, operation and status are needed.",
        )


def row_of(value: Callable[[str], Any], asked: Asked) -> Row | Skip:
    """The operation whose field has `value(field)`. Raises MalformedError."""
    bucket = asked.registered(text(value("bucket")))
    if not bucket:
        return OTHER_BUCKET
    if value("time") in (None, ""):
        raise MalformedError("time: missing")
    return Row(
        time=instant(value("time")),
        bucket=bucket,
        operation=api_name(value("operation")),
        status=status_code(value("status")),
        id=text(value("id")),
        owner=text(value("owner")),
        key=text(value("key")),
        error=text(value("error")),
        bytes_in=whole(value("bytesIn"), "bytesIn"),
        bytes_out=whole(value("bytesOut"), "bytesOut"),
        object_size=whole(value("objectSize"), "objectSize"),
        latency_ms=decimal(value("latencyMs"), "latencyMs", 0.0),
        weight=decimal(value("weight"), "weight", 1.0),
        client_ip=text(value("clientIp")),
        request_id=text(value("requestId")),
        storage_class=text(value("storageClass")),
    )


def row_of_columns(values: Mapping[str, Any], asked: Asked) -> Row | Skip:
    """The operation in a flat record by column."""
    return row_of(lambda field: values.get(column(field, asked)), asked)
