"""Rows of analytics as facts of the engine, and its charges as rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa

from storekeeper.costs.model import Charge, DeletionFact, Provenance, RequestFact, Small, StorageFact
from storekeeper.costs.rules.stretches import Stretch
from storekeeper.inventory.model import Scan

CURRENT, VERSIONS, UPLOADS = "current", "versions", "uploads"
_DOUBTS = {
    CURRENT: "",
    VERSIONS: "non-current versions, taken to be in the default storage class",
    UPLOADS: "unfinished multipart uploads, taken to be in the default storage class",
}
_encode = msgspec.json.Encoder(enc_hook=Decimal).encode  # prices are decimals of a type of their own
_MISSED = "deleted, overwritten or moved between two scans; the day is that of the later one"
_SENT = "all bytes sent are taken to leave the provider"
_HELD: list[tuple[str, pa.DataType]] = [
    ("day", pa.date32()),
    ("bucket_id", pa.string()),
    ("storage_class", pa.string()),
    ("kind", pa.string()),
    ("byte_hours", pa.uint64()),
    ("peak_bytes", pa.uint64()),
    ("objects", pa.uint64()),
    ("objects_below_4k", pa.uint64()),
    ("bytes_below_4k", pa.uint64()),
    ("objects_below_128k", pa.uint64()),
    ("bytes_below_128k", pa.uint64()),
]
_CHARGED: list[tuple[str, pa.DataType]] = [
    ("day", pa.date32()),
    ("account", pa.string()),
    ("bucket_id", pa.string()),
    ("storage_class", pa.string()),
    ("operation", pa.string()),
    ("operation_class", pa.string()),
    ("kind", pa.string()),
    ("basis", pa.string()),
    ("amount", pa.int64()),
    ("currency", pa.string()),
    ("provenance", pa.string()),
    ("sheet", pa.string()),
    ("is_estimated", pa.uint8()),
    ("detail", pa.string()),
]


def hidden(day: date, stretches: Iterable[Stretch], scans: Mapping[str, Scan]) -> pa.Table:
    """Rows of `cost_held` for what listings of objects do not show: other versions and unfinished uploads."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for stretch in stretches:
        extras = scans[stretch.scan_id].extras
        for kind, size, count in (
            (VERSIONS, extras.versions.noncurrent_bytes, extras.versions.noncurrent),
            (UPLOADS, extras.uploads.bytes, extras.uploads.count),
        ):
            if size:
                row = found.setdefault(
                    (stretch.bucket_id, kind), {"byte_seconds": 0, "peak_bytes": 0, "objects": 0}
                )
                row["byte_seconds"] += size * stretch.seconds
                row["peak_bytes"] = max(row["peak_bytes"], size)
                row["objects"] = max(row["objects"], count or 0)
    rows = [
        {
            "day": day,
            "bucket_id": bucket_id,
            "storage_class": "",
            "kind": kind,
            "byte_hours": row["byte_seconds"] // 3600,
            "peak_bytes": row["peak_bytes"],
            "objects": row["objects"],
        }
        | dict.fromkeys((name for name, _ in _HELD[7:]), 0)
        for (bucket_id, kind), row in found.items()
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(_HELD))


def storage_fact(row: Mapping[str, Any]) -> StorageFact:
    """Of a row of `cost_held`."""
    return StorageFact(
        day=row["day"],
        bucket=row["bucket_id"],
        storage_class=row["storage_class"],
        estimated=_DOUBTS.get(row["kind"], ""),
        byte_hours=row["byte_hours"],
        peak_bytes=row["peak_bytes"],
        objects=row["objects"],
        small=_small(row),
    )


def deletion_fact(row: Mapping[str, Any]) -> DeletionFact:
    """Of a row of what went on a day."""
    return DeletionFact(
        day=row["day"],
        bucket=row["bucket_id"],
        storage_class=row["storage_class"],
        estimated=_MISSED,
        age_days=row["age_days"],
        bytes=row["bytes"],
        objects=row["objects"],
        small=_small(row),
    )


def _small(row: Mapping[str, Any]) -> tuple[Small, ...]:
    return (
        Small(4096, row["objects_below_4k"], row["bytes_below_4k"]),
        Small(131_072, row["objects_below_128k"], row["bytes_below_128k"]),
    )


def request_fact(row: Mapping[str, Any]) -> RequestFact:
    """Of a row of what was asked for on a day."""
    return RequestFact(
        day=row["day"],
        bucket=row["bucket_id"],
        storage_class=row["storage_class"],
        provenance=Provenance.SAMPLED if row["is_sampled"] else Provenance.MEASURED,
        estimated=_SENT if row["sent"] else "",
        operation=row["operation"],
        succeeded=round(row["succeeded"]),
        refused=round(row["refused_"]),
        client_errors=max(round(row["fourhundreds"] - row["refused_"]), 0),
        server_errors=round(row["server_errors"]),
        bytes_out=round(row["sent"]),
        bytes_retrieved=round(row["retrieved"]),
    )


def charged(charges: Sequence[tuple[str, Charge]]) -> pa.Table:
    """Rows of `cost_charge` for charges with their accounts."""
    accounts, found = zip(*charges, strict=True) if charges else ((), ())
    columns: dict[str, Iterable[object]] = {
        "day": (one.day for one in found),
        "account": accounts,
        "bucket_id": (one.bucket for one in found),
        "storage_class": (one.storage_class for one in found),
        "operation": (one.operation for one in found),
        "operation_class": (one.operation_class for one in found),
        "kind": (one.kind for one in found),
        "basis": (one.basis for one in found),
        "amount": (one.amount for one in found),
        "currency": (one.currency for one in found),
        "provenance": (one.provenance for one in found),
        "sheet": (one.sheet for one in found),
        "is_estimated": (int(bool(one.estimated)) for one in found),
        "detail": (_encode(one).decode() for one in found),
    }
    return pa.table({name: pa.array(columns[name], kind) for name, kind in _CHARGED})
