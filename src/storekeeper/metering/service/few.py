"""Small batches, row by row: for a few operations plain Python is quicker than columns, and the result is the same.

In the spool they wait in the engine's own row format, MessagePack values one after the other, so that thousands of
batches go on as they are: nothing of it is done by this interpreter, which has requests to answer meanwhile.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
import pyarrow as pa

from storekeeper.buckets import keys, owner_regex
from storekeeper.buckets.model import Bucket
from storekeeper.infra.caching import EVER
from storekeeper.metering import rules
from storekeeper.metering.decoding import NO_TIME, milliseconds
from storekeeper.metering.model import Operation, Rejection
from storekeeper.metering.service.columns import CLIENT_KEY, CODED, hashed
from storekeeper.objectstore.probing import RESERVED_PREFIX

_STORED: list[tuple[str, pa.DataType]] = [
    ("time", pa.timestamp("ms", tz="UTC")),
    ("bucket_id", CODED),
    ("owner", pa.string()),
    ("operation", CODED),
    ("status", pa.uint16()),
    ("error", CODED),
    ("prefix", pa.string()),
    ("name", pa.string()),
    ("extension", CODED),
    ("bytes_in", pa.uint64()),
    ("bytes_out", pa.uint64()),
    ("object_size", pa.uint64()),
    ("latency_ms", pa.float32()),
    ("weight", pa.float64()),
    ("client", pa.uint64()),
    ("request_id", pa.string()),
    ("storage_class", CODED),
    ("id", pa.string()),
    ("client_key", pa.uint8()),
    ("source", CODED),
]
_PRECISE = {"latency_ms": "latency"}  # MessagePack has doubles only: the table makes its column of this one
COLUMNS = [_PRECISE.get(name, name) for name, _ in _STORED]  # that a row has values for, in order
_ARRAY = b"\xdd"  # a MessagePack array whose length takes four bytes
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[Any]).decode


def take_few(
    operations: Sequence[Operation],
    buckets: Mapping[str, Bucket],
    may_report: Callable[[str], bool],
    *,
    now: datetime,
    address_key: bytes,
) -> tuple[list[tuple[Any, ...]], list[Rejection], int]:
    """Rows for `packed`, why the others are refused, and how many have an `id` that came before in the batch."""
    early, late = _ms(now - rules.OLDEST), _ms(now + rules.AHEAD)
    rows, refused, seen = [], [], set()
    twice = 0
    for place, one in enumerate(operations):
        bucket = buckets.get(one.bucket)
        time = milliseconds(one.time)
        if bucket is None or time is None or not early <= time <= late or not may_report(one.bucket):
            refused.append(Rejection(place, _reason(bucket, time, early, late)))
        elif one.id and one.id in seen:
            twice += 1
        else:
            seen.add(one.id)
            rows.append(_row(one, time, bucket, address_key))
    return rows, refused, twice


def packed(rows: Iterable[tuple[Any, ...]], source: str) -> bytes:
    """As they wait in the spool: the values of COLUMNS, row by row, without a frame around them."""
    values: list[Any] = []
    for row in rows:
        values += row
        values += (CLIENT_KEY, source)
    framed = _pack(values)
    return framed[1 if len(values) < 1 << 4 else 3 if len(values) < 1 << 16 else 5 :]


def label(rows: Sequence[tuple[Any, ...]]) -> str:
    """What of a batch is known without reading it: milliseconds since 1970 of its first operation, and ids of its buckets."""
    return " ".join([str(min(row[0] for row in rows)), *{row[1] for row in rows}]) if rows else ""


def reach(label: str) -> dict[str, datetime]:
    """From when on a batch changes what is known of its buckets; all of it, where the label is damaged or does not say."""
    try:
        first, *bucket_ids = label.split()
        since = datetime.fromtimestamp(int(first) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return dict.fromkeys(label.split(), EVER)
    return dict.fromkeys(bucket_ids, since)


def unpacked(body: bytes, count: int) -> pa.Table:
    """That many rows, as the engine reads them. Raises msgspec.MsgspecError, pyarrow.ArrowException, TypeError."""
    width = len(_STORED)
    values = _unpack(_ARRAY + (count * width).to_bytes(4, "big") + body)
    arrays: list[Any] = [pa.array(values[place::width], kind) for place, (_, kind) in enumerate(_STORED)]
    return pa.table(arrays, names=[name for name, _ in _STORED])


def _row(one: Operation, time: int, bucket: Bucket, address_key: bytes) -> tuple[Any, ...]:
    prefix, name, extension = keys.split_one(one.key)
    return (
        time, bucket.id, one.owner or _owner(one.key, bucket.owner_pattern), one.operation, one.status, one.error,
        prefix, name if bucket.store_keys else "", extension, one.bytes_in, one.bytes_out, one.object_size,
        one.latency_ms, one.weight, hashed(one.client_ip, address_key), one.request_id, one.storage_class, one.id,
    )  # fmt: skip


def _reason(bucket: Bucket | None, time: int | None, early: int, late: int) -> str:
    """The first that `rules.accept` would find."""
    if time is None:
        return NO_TIME
    if not early <= time <= late:
        return rules.too_old(rules.OLDEST)
    return rules.UNKNOWN_BUCKET if bucket is None else rules.FORBIDDEN_BUCKET


def _owner(key: str, pattern: str) -> str:
    found = _finder(pattern)(key) if pattern and not key.startswith(RESERVED_PREFIX) else None
    return found["owner"] if found else ""


@lru_cache(1024)
def _finder(pattern: str) -> Callable[[str], Any]:
    return re.compile(owner_regex(pattern)).match


def _ms(moment: datetime) -> int:
    return (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
