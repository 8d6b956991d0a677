"""Accepted operations as the columns that are stored."""

import hmac
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storekeeper.buckets import keys, owner_regex
from storekeeper.buckets.model import Bucket

CLIENT_KEY = 1  # version of the key that addresses are hashed with


def to_columns(rows: pa.Table, buckets: Mapping[str, Bucket], *, address_key: bytes, source: str) -> pa.Table:
    """Rows of the table `operation` for accepted rows of `model.SENT`.

    A key is kept whole only where its bucket allows it; an owner that was not sent is looked for in the key.
    """
    rows = rows.combine_chunks()
    parts = [
        _of_one_bucket(
            rows.filter(pc.equal(rows["bucket"], _scalar(name))), buckets[name], address_key, source
        )
        for name in pc.unique(rows["bucket"]).to_pylist()
        if name
    ]
    return pa.concat_tables(parts)


def _of_one_bucket(rows: pa.Table, bucket: Bucket, address_key: bytes, source: str) -> pa.Table:
    count = rows.num_rows
    whole: Any = rows["key"].combine_chunks()
    sent: Any = rows["owner"].combine_chunks()
    found = keys.owners(whole, owner_regex(bucket.owner_pattern))
    return pa.table(
        {
            "time": rows["time"],
            "bucket_id": _constant(bucket.id, count),
            "owner": pc.if_else(pc.equal(sent, _scalar("")), found, sent),
            "operation": rows["operation"],
            "status": pc.cast(rows["status"], pa.uint16()),
            "error": rows["error"],
            "prefix": keys.prefixes(whole),
            "name": keys.names(whole) if bucket.store_keys else keys.empty(count),
            "extension": keys.extensions(whole),
            "bytes_in": pc.cast(rows["bytesIn"], pa.uint64()),
            "bytes_out": pc.cast(rows["bytesOut"], pa.uint64()),
            "object_size": pc.cast(rows["objectSize"], pa.uint64()),
            "latency_ms": pc.cast(rows["latencyMs"], pa.float32()),
            "weight": rows["weight"],
            "client": _hashed(rows["clientIp"], address_key),
            "client_key": pa.array([CLIENT_KEY], pa.uint8()).take(pa.array([0] * count)),
            "request_id": rows["requestId"],
            "storage_class": rows["storageClass"],
            "id": rows["id"],
            "source": _constant(source, count),
        }
    )


def _hashed(addresses: Any, key: bytes) -> Any:
    """Addresses are never stored raw: the first 64 bits of a keyed hash tell them apart. None is 0."""
    encoded = addresses.combine_chunks().dictionary_encode()
    hashes = [_hash(address, key) for address in encoded.dictionary.to_pylist()]
    return pa.array(hashes, pa.uint64()).take(encoded.indices)


def _hash(address: str, key: bytes) -> int:
    return int.from_bytes(hmac.digest(key, address.encode(), "sha256")[:8], "big") if address else 0


def _constant(value: str, count: int) -> Any:
    return pa.nulls(count, pa.string()).fill_null(value)


def _scalar(value: str) -> Any:
    return pa.scalar(value, pa.string())
