"""Accepted operations as the columns that are stored."""

import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storekeeper.buckets import keys, owner_regex
from storekeeper.buckets.model import Bucket

CLIENT_KEY = 1  # version of the key that addresses are hashed with
CODED = pa.dictionary(
    pa.int32(), pa.string()
)  # few different values: small in the spool, quick into the engine


def to_columns(rows: pa.Table, buckets: Mapping[str, Bucket], *, address_key: bytes, source: str) -> pa.Table:
    """Rows of the table `operation` for accepted rows of `model.SENT`.

    A key is kept whole only where its bucket allows it; an owner that was not sent is looked for in the key.
    """
    rows = rows.combine_chunks()
    count = rows.num_rows
    coded: Any = rows["bucket"].combine_chunks().dictionary_encode()
    named = [buckets[name] for name in coded.dictionary.to_pylist()]
    prefixes, names = keys.split(rows["key"].combine_chunks())
    return pa.table(
        {
            "time": rows["time"],
            "bucket_id": pa.DictionaryArray.from_arrays(
                coded.indices, pa.array([one.id for one in named], pa.string())
            ),
            "owner": _owners(rows, named, coded.indices),
            "operation": _coded(rows["operation"]),
            "status": pc.cast(rows["status"], pa.uint16()),
            "error": _coded(rows["error"]),
            "prefix": prefixes,
            "name": _kept(names, named, coded.indices),
            "extension": _coded(keys.extensions(names)),
            "bytes_in": pc.cast(rows["bytesIn"], pa.uint64()),
            "bytes_out": pc.cast(rows["bytesOut"], pa.uint64()),
            "object_size": pc.cast(rows["objectSize"], pa.uint64()),
            "latency_ms": pc.cast(rows["latencyMs"], pa.float32()),
            "weight": rows["weight"],
            "client": _hashed(rows["clientIp"], address_key),
            "request_id": rows["requestId"],
            "storage_class": _coded(rows["storageClass"]),
            "id": rows["id"],
            "client_key": pa.repeat(pa.scalar(CLIENT_KEY, pa.uint8()), count),
            "source": _coded(pa.repeat(source, count)),
        }
    )


def hashed(address: str, key: bytes) -> int:
    """Addresses are never stored raw: the first 64 bits of a keyed hash tell them apart. None is 0."""
    return _hash(address, key) if address else 0


@lru_cache(1 << 16)
def _hash(address: str, key: bytes) -> int:
    return int.from_bytes(hmac.digest(key, address.encode(), "sha256")[:8], "big")


def _hashed(addresses: Any, key: bytes) -> Any:
    coded = addresses.combine_chunks().dictionary_encode()
    return _of_each(
        [hashed(address, key) for address in coded.dictionary.to_pylist()], coded.indices, pa.uint64()
    )


def _owners(rows: pa.Table, named: list[Bucket], of_bucket: Any) -> Any:
    owners: Any = rows["owner"].combine_chunks()
    missing = pc.equal(owners, _text(""))
    if not pc.any(missing).as_py():
        return owners
    for pattern in sorted({bucket.owner_pattern for bucket in named if bucket.owner_pattern}):
        here = pc.and_(
            missing, _of_each([bucket.owner_pattern == pattern for bucket in named], of_bucket, pa.bool_())
        )
        owners = pc.if_else(here, keys.owners(rows["key"].combine_chunks(), owner_regex(pattern)), owners)
    return owners


def _kept(names: Any, named: list[Bucket], of_bucket: Any) -> Any:
    if all(bucket.store_keys for bucket in named):
        return names
    return pc.if_else(
        _of_each([bucket.store_keys for bucket in named], of_bucket, pa.bool_()), names, _text("")
    )


def _of_each(values: list[Any], indices: Any, kind: pa.DataType) -> Any:
    return pa.array(values, kind).take(indices)


def _coded(values: Any) -> Any:
    return values.dictionary_encode()


def _text(value: str) -> Any:
    return pa.scalar(value, pa.string())
