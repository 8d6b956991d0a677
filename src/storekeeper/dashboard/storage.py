"""What is stored, for those who look after all of it: by bucket, storage class, day and owner."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.dashboard.overview import STALE_AFTER
from storekeeper.inventory import InventoryService
from storekeeper.inventory.model import Point, Scan
from storekeeper.inventory.shares import Row
from storekeeper.kernel.clock import Clock
from storekeeper.quotas import QuotaService

MOST_OWNERS = 1000  # of a page
_BEFORE = timedelta(days=31)  # so long a bucket is taken to hold what its last scan before the range found
_DAY = timedelta(days=1)
_HOUR = 3600


class Small(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is smaller than sizes that some providers bill at least."""

    objects_below4k: int = msgspec.field(name="objectsBelow4k")
    bytes_below4k: int = msgspec.field(name="bytesBelow4k")
    objects_below128k: int = msgspec.field(name="objectsBelow128k")
    bytes_below128k: int = msgspec.field(name="bytesBelow128k")


class BucketStorage(Small, frozen=True, kw_only=True, rename="camel"):
    """One bucket by its last complete scan; null before the first, and where the provider does not tell.

    `added…` is what came, less what went, by operations since that scan.
    """

    bucket: str
    provider: str
    objects: int | None
    bytes: int | None
    added_objects: int
    added_bytes: int
    unfinished_uploads: int | None
    unfinished_upload_bytes: int | None
    noncurrent_versions: int | None
    noncurrent_bytes: int | None
    delete_markers: int | None
    scanned_at: datetime | None
    age_hours: int | None
    stale: bool


class ClassStorage(Small, frozen=True, kw_only=True, rename="camel"):
    """One storage class of a bucket; an empty one was not told."""

    bucket: str
    storage_class: str
    objects: int
    bytes: int


class DayStorage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the last scans up to the end of a day (UTC) found, of so many buckets; only days of which all that is known is the same compare."""

    day: date
    objects: int
    bytes: int
    buckets: int


class OwnerStorage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One owner's part; an empty one is nobody. `share` is of all bytes, `added…` what came since the scans, in all buckets or the one."""

    owner: str
    objects: int
    bytes: int
    share: float
    buckets: int
    added_objects: int
    added_bytes: int


class OwnerPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The largest first."""

    items: Sequence[OwnerStorage]
    total: int
    next_cursor: str | None


class StorageTotals(Small, frozen=True, kw_only=True, rename="camel"):
    """Sums over buckets. Of unfinished uploads and older versions, of those buckets that tell."""

    buckets: int
    scanned: int
    objects: int
    bytes: int
    added_objects: int
    added_bytes: int
    unfinished_uploads: int
    unfinished_upload_bytes: int
    noncurrent_versions: int
    noncurrent_bytes: int


class StorageReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is stored. `users` is null unless it is asked for."""

    totals: StorageTotals
    by_bucket: Sequence[BucketStorage]
    by_storage_class: Sequence[ClassStorage]
    trend: Sequence[DayStorage]
    users: OwnerPage | None
    oldest_scan: datetime | None
    provenance: str = "measured"


class StorageReader:
    """Reads newest snapshots, and what operations have changed since."""

    def __init__(
        self, inventory: InventoryService, buckets: BucketService, quotas: QuotaService, clock: Clock
    ) -> None:
        self._inventory, self._buckets, self._quotas, self._clock = inventory, buckets, quotas, clock

    def report(
        self,
        span: timedelta,
        bucket: str = "",
        *,
        with_users: bool = False,
        cursor: str = "",
        limit: int = 100,
    ) -> StorageReport:
        """Of all buckets or one. Raises UnknownBucketError."""
        chosen = [self._buckets.get(bucket)] if bucket else self._buckets.all()
        newest = self._inventory.newest()
        scans = {one.id: newest[one.id] for one in chosen if one.id in newest}
        classes = self._inventory.shares.classes([scan.id for scan in scans.values()])
        added = self._quotas.since_snapshots([("", one.id) for one in chosen])
        rows = [
            self._bucket(one, scans.get(one.id), classes, added.get(("", one.id), (0, 0))) for one in chosen
        ]
        names = {scans[one.id].id: one.name for one in chosen if one.id in scans}
        return StorageReport(
            totals=_totals(rows),
            by_bucket=sorted(rows, key=lambda row: (-(row.bytes or 0), row.bucket)),
            by_storage_class=[_class(row, names[row["scan_id"]]) for row in classes],
            trend=_trend(self._inventory.history(span + _BEFORE, bucket), self._clock.now(), span),
            users=self._users(list(names), scans, bucket, cursor, limit) if with_users else None,
            oldest_scan=min((scan.finished_at for scan in scans.values() if scan.finished_at), default=None),
        )

    def _bucket(
        self, bucket: Bucket, scan: Scan | None, classes: Iterable[Row], added: tuple[int, int]
    ) -> BucketStorage:
        of_bucket = [row for row in classes if scan and row["scan_id"] == scan.id]
        uploads, versions = (scan.extras.uploads, scan.extras.versions) if scan else (None, None)
        age = self._clock.now() - scan.finished_at if scan and scan.finished_at else None
        return BucketStorage(
            bucket=bucket.name,
            provider=bucket.provider,
            objects=scan.objects if scan else None,
            bytes=scan.bytes if scan else None,
            added_bytes=added[0],
            added_objects=added[1],
            unfinished_uploads=uploads.count if uploads else None,
            unfinished_upload_bytes=uploads.bytes if uploads else None,
            noncurrent_versions=versions.noncurrent if versions else None,
            noncurrent_bytes=versions.noncurrent_bytes if versions else None,
            delete_markers=versions.delete_markers if versions else None,
            **_small(of_bucket),
            scanned_at=scan.finished_at if scan else None,
            age_hours=int(age.total_seconds() // _HOUR) if age is not None else None,
            stale=age is None or age > STALE_AFTER,
        )

    def _users(
        self, scan_ids: Sequence[str], scans: Mapping[str, Scan], bucket: str, cursor: str, limit: int
    ) -> OwnerPage:
        offset = int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) < 10 else 0
        found = self._inventory.shares.owners(scan_ids, limit=limit + 1, offset=offset)
        rows, whole = found[:limit], sum(scan.bytes for scan in scans.values())
        in_bucket = self._buckets.get(bucket).id if bucket else ""
        added = self._quotas.since_snapshots([(row["owner"], in_bucket) for row in rows if row["owner"]])
        items = [_owner(row, whole, added.get((row["owner"], in_bucket), (0, 0))) for row in rows]
        more = str(offset + limit) if len(found) > limit else None
        return OwnerPage(items=items, total=self._inventory.shares.count_owners(scan_ids), next_cursor=more)


def _owner(row: Row, whole: int, added: tuple[int, int]) -> OwnerStorage:
    return OwnerStorage(
        owner=row["owner"],
        objects=row["objects"],
        bytes=row["bytes"],
        share=row["bytes"] / whole if whole else 0.0,
        buckets=row["buckets"],
        added_bytes=added[0],
        added_objects=added[1],
    )


def _class(row: Row, bucket: str) -> ClassStorage:
    return ClassStorage(
        bucket=bucket,
        storage_class=row["storage_class"],
        objects=row["objects"],
        bytes=row["bytes"],
        **_small([row]),
    )


def _small(rows: Sequence[Row]) -> dict[str, int]:
    names = [field.name for field in msgspec.structs.fields(Small)]
    return {name: sum(row[name.replace("below", "below_")] for row in rows) for name in names}


def _totals(rows: Sequence[BucketStorage]) -> StorageTotals:
    summed = [
        field.name
        for field in msgspec.structs.fields(StorageTotals)
        if field.name not in ("buckets", "scanned")
    ]
    return StorageTotals(
        buckets=len(rows),
        scanned=sum(row.scanned_at is not None for row in rows),
        **{name: sum(getattr(row, name) or 0 for row in rows) for name in summed},
    )


def _trend(history: Mapping[str, Sequence[Point]], now: datetime, span: timedelta) -> list[DayStorage]:
    """Days of which nothing is known are left out."""
    last: dict[str, Point] = {}
    waiting = {name: list(reversed(points)) for name, points in history.items()}
    found, today = [], now.astimezone(UTC).date()
    day = (now - span).astimezone(UTC).date()
    while day <= today:
        for name, points in waiting.items():
            while points and points[-1].scanned_at.astimezone(UTC).date() <= day:
                last[name] = points.pop()
        if last:
            sums = [sum(getattr(point, unit) for point in last.values()) for unit in ("objects", "bytes")]
            found.append(DayStorage(day=day, objects=sums[0], bytes=sums[1], buckets=len(last)))
        day += _DAY
    return found
