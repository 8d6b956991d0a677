"""A listing turned into the columns that are stored, a whole batch at a time."""

import pyarrow as pa

from storekeeper.buckets import keys


def to_columns(listing: pa.Table, *, scan_id: str, batch: int, owner: str, keep_names: bool) -> pa.Table:
    """Rows of `inventory_object` for rows of `objectstore.WITH_ETAGS`; `owner` is an RE2 pattern or empty."""
    whole = listing["key"].combine_chunks()
    count = len(whole)
    prefixes, names = keys.split(whole)
    return pa.table(
        {
            "scan_id": pa.nulls(count, pa.string()).fill_null(scan_id),
            "batch": pa.nulls(count, pa.uint32()).fill_null(batch),
            "prefix": prefixes,
            "name": names if keep_names else keys.empty(count),
            "extension": keys.extensions(names),
            "owner": keys.owners(whole, owner),
            "size": listing["size"],
            "modified": listing["modified"],
            "storage_class": listing["storage_class"],
            "etag": listing["etag"],
        }
    )


def keys_of(listing: pa.Table) -> list[str]:
    """The keys of rows of `objectstore.LISTING`."""
    return [str(key) for key in listing["key"].to_pylist()]
