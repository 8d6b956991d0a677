"""Rounds on their way to analytics: as bodies of the spool, and as rows of the table `health_check`."""

from collections.abc import Sequence
from math import nan
from typing import Any

import msgspec
import pyarrow as pa

from storekeeper.health.model import CheckRound


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A round as it is spooled."""

    bucket_id: str
    node: str
    round: CheckRound
    vantage: str = ""  # the name of the other vantage point that made it


_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("time", pa.timestamp("ms", tz="UTC")),
    ("bucket_id", pa.string()),
    ("round", pa.string()),
    ("operation", pa.string()),
    ("outcome", pa.string()),
    ("failure", pa.string()),
    ("status", pa.uint16()),
    ("code", pa.string()),
    ("latency_ms", pa.float32()),
    ("first_byte_ms", pa.float32()),
    ("slow", pa.uint8()),
    ("corrupt", pa.uint8()),
    ("detail", pa.string()),
    ("hint", pa.string()),
    ("dns_ms", pa.float32()),
    ("connect_ms", pa.float32()),
    ("tls_ms", pa.float32()),
    ("certificate_days", pa.float32()),
    ("clock_skew_ms", pa.float64()),
    ("node", pa.string()),
    ("vantage", pa.string()),
]
_SCHEMA = pa.schema(_COLUMNS)
_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Record)


def packed(record: Record) -> bytes:
    return _encoder.encode(record)


def unpacked(body: bytes) -> Record:
    """Raises msgspec.MsgspecError."""
    return _decoder.decode(body)


def rows(records: Sequence[Record]) -> pa.Table:
    """A row for each check. What is not known is not a number."""
    return pa.Table.from_pylist([row for record in records for row in _rows(record)], schema=_SCHEMA)


def _rows(record: Record) -> list[dict[str, Any]]:
    network = record.round.network
    shared = {
        "time": record.round.time,
        "bucket_id": record.bucket_id,
        "round": record.round.id,
        "dns_ms": _known(network.dns_ms),
        "connect_ms": _known(network.connect_ms),
        "tls_ms": _known(network.tls_ms),
        "certificate_days": _known(network.certificate_days),
        "clock_skew_ms": _known(network.clock_skew_ms),
        "node": record.node,
        "vantage": record.vantage,
    }
    return [
        shared
        | {
            "operation": check.operation,
            "outcome": check.outcome,
            "failure": check.failure,
            "status": check.status,
            "code": check.code,
            "latency_ms": check.latency_ms,
            "first_byte_ms": _known(check.first_byte_ms),
            "slow": int(check.slow),
            "corrupt": int(check.corrupt),
            "detail": check.detail,
            "hint": check.hint,
        }
        for check in record.round.checks
    ]


def _known(value: float | None) -> float:
    return nan if value is None else value
