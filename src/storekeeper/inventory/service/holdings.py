"""What is in all buckets together, of one owner or everybody."""

from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from storekeeper.buckets.model import Bucket
from storekeeper.inventory.analytics import InventoryAnalytics
from storekeeper.inventory.model import Group, Holding, Holdings, LargeFile, Scan
from storekeeper.inventory.service import presenting

TYPES = 20
FILES = 10

Scanned = Sequence[tuple[Bucket, Scan]]


def holdings(analytics: InventoryAnalytics, scanned: Scanned, owner: str) -> Holdings:
    """By the last complete scan of each bucket; an empty owner is everybody."""
    by_scan = {scan.id: bucket for bucket, scan in scanned}
    largest = analytics.beside(partial(_largest, analytics, by_scan, owner))
    found = (
        _of_owner(analytics, scanned, owner) if owner else [_of_all(bucket, scan) for bucket, scan in scanned]
    )
    return Holdings(
        used=sum(one.bytes for one in found),
        objects=sum(one.objects for one in found),
        by_bucket=sorted(found, key=lambda one: (-one.bytes, one.bucket)),
        file_types=None if owner else _types(analytics, list(by_scan)),
        largest_files=largest.result(),
    )


def _of_all(bucket: Bucket, scan: Scan) -> Holding:
    return Holding(bucket=bucket.name, objects=scan.objects, bytes=scan.bytes, scanned_at=scan.finished_at)


def _of_owner(analytics: InventoryAnalytics, scanned: Scanned, owner: str) -> list[Holding]:
    rows = {row["scan_id"]: row for row in analytics.owned([scan.id for _, scan in scanned], owner)}
    return [
        Holding(
            bucket=bucket.name,
            objects=rows[scan.id]["objects"],
            bytes=rows[scan.id]["bytes"],
            scanned_at=scan.finished_at,
        )
        for bucket, scan in scanned
        if scan.id in rows
    ]


def _types(analytics: InventoryAnalytics, scan_ids: Sequence[str]) -> list[Group]:
    return [
        Group(name=row["name"], objects=row["objects"], bytes=row["bytes"])
        for row in analytics.groups_across(scan_ids, "extension", TYPES)
    ]


def _largest(analytics: InventoryAnalytics, buckets: Mapping[str, Bucket], owner: str) -> list[LargeFile]:
    files = []
    for row in analytics.largest_across(list(buckets), owner, FILES):
        bucket = buckets[row["scan_id"]]
        (stored,) = presenting.objects([row], keys=bucket.store_keys)
        files.append(LargeFile(bucket=bucket.name, **msgspec.structs.asdict(stored)))
    return files
