"""Nouns of the inventory: a scan is one listing of a bucket, a snapshot its dated result."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from storekeeper.buckets.model import Bucket
from storekeeper.kernel.errors import NotFoundError, UnavailableError


class ScanState(StrEnum):
    """Where a scan's data stands. Only that of a complete scan is ever shown."""

    OPEN = "open"
    COMPLETE = "complete"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Uploads(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Unfinished multipart uploads; None with the reason in `unknown` where they could not be counted."""

    count: int | None = None
    bytes: int | None = None
    unknown: str = ""


class Versions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a versioned bucket holds beside its current objects; zeros where it never was versioned."""

    noncurrent: int | None = None
    noncurrent_bytes: int | None = None
    delete_markers: int | None = None
    unknown: str = ""


class Extras(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan counts beside current objects."""

    uploads: Uploads = Uploads(unknown="not counted")
    versions: Versions = Versions(unknown="not counted")


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """One scan as the control database knows it. Its id is that of its run."""

    id: str
    bucket_id: str
    state: ScanState
    started_at: datetime
    finished_at: datetime | None = None
    objects: int = 0
    bytes: int = 0
    pages: int = 0
    requests: int = 0
    retries: int = 0
    shards_done: int = 0
    shards_total: int = 1
    batches: int = 0  # inserts into analytics that are accounted for
    extras: Extras = Extras()
    detailed: bool = False  # whether its groups, folders and files are kept
    error: str = ""


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """Keys that start with `prefix`, come after `after`, and not after `until` unless that is empty."""

    number: int
    prefix: str = ""
    after: str = ""
    until: str = ""
    done: bool = False


class Division(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a shard: what is left of it, new shards, and which of the page's keys are found."""

    rest: Shard
    children: Sequence[Shard]
    found: slice


class ScanView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A scan as callers see it, while it runs and after."""

    id: str
    bucket: str
    status: str  # queued, running, retrying, succeeded, cancelled, dead
    phase: str  # what it does while it runs: listing, summing up
    objects: int
    bytes: int
    pages: int
    requests: int
    retries: int
    objects_per_second: float | None
    seconds_left: float | None
    fraction: float | None  # 0…1, measured against the previous snapshot
    shards_done: int
    shards_total: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: str


class Quote(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a scan would take. Figures are None where nothing is known yet."""

    objects: int | None
    pages: int | None
    requests: Mapping[str, int]  # by billing class: A, B, free, unclassified
    basis: str  # previous snapshot, sample, unknown
    seconds_estimate: float | None


class Group(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    objects: int
    bytes: int


class TypeGroup(Group, frozen=True, kw_only=True, rename="camel"):
    """Objects by extension; the media type is what the extension usually means."""

    media_type: str | None


class Bin(msgspec.Struct, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """A histogram's bar: days since the last change, or bytes; `to` is exclusive, None is without end."""

    name: str
    start: int
    end: int | None
    objects: int
    bytes: int


class StoredObject(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One object. `key` is None where the bucket does not allow names to be kept."""

    key: str | None
    prefix: str
    extension: str
    owner: str
    size: int
    modified: datetime
    storage_class: str


class Totals(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    objects: int
    bytes: int


class Change(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Differences to earlier snapshots; None where there is none that old."""

    previous: Totals | None
    seven_days: Totals | None
    thirty_days: Totals | None


class Inventory(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One snapshot: what a complete scan found. Lists have the largest groups first and are cut at the limit."""

    scan_id: str
    objects: int
    bytes: int
    by_prefix: Sequence[Group]
    by_extension: Sequence[TypeGroup]
    by_owner: Sequence[Group]
    by_storage_class: Sequence[Group]
    by_age: Sequence[Bin]
    by_size: Sequence[Bin]
    largest: Sequence[StoredObject]
    oldest: Sequence[StoredObject]
    incomplete_uploads: Uploads
    versions: Versions
    change: Change
    scanned_at: datetime
    complete: bool
    duration_ms: int
    requests: int
    provenance: str = "measured"


class Folder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    objects: int
    bytes: int
    leaf: bool  # nothing deeper to open


class Folders(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One level of folders, largest first; `others` sums up those beyond the limit."""

    prefix: str
    items: Sequence[Folder]
    direct: Totals
    others: Totals


class Files(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of the largest objects; `ofLargest` says among how many was looked."""

    items: Sequence[StoredObject]
    next_cursor: str | None
    of_largest: int


class FileSort(StrEnum):
    SIZE = "size"
    MODIFIED = "modified"


class Order(StrEnum):
    DESCENDING = "desc"
    ASCENDING = "asc"


class FileQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the largest objects, in which order."""

    sort: FileSort = FileSort.SIZE
    order: Order = Order.DESCENDING
    prefix: str = ""
    extension: str = ""
    owner: str = ""
    text: str = ""  # anywhere in the key
    offset: int = 0
    limit: int = 50


class Point(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Totals of one complete scan."""

    scanned_at: datetime
    objects: int
    bytes: int


class ListedBucket(Bucket, frozen=True, kw_only=True, rename="camel"):
    """A bucket with the figures of its last complete scan; None where there is none."""

    objects: int | None
    bytes: int | None
    scanned_at: datetime | None
    growth_bytes7d: int | None = msgspec.field(name="growthBytes7d")


class NeverScannedError(NotFoundError):
    """There is no complete scan of this bucket yet, so nothing can be shown of it."""

    slug, title = "never-scanned", "Not scanned yet"


class UnknownScanError(NotFoundError):
    """There is no such scan."""

    slug, title = "unknown-scan", "Unknown scan"


class SnapshotMismatchError(UnavailableError):
    """The analytics engine holds other rows than the scan had listed; the snapshot was discarded and is made anew."""

    slug, title = "snapshot-mismatch", "Snapshot is incomplete"


class Holding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is in one bucket, of one owner or all, by its last complete scan."""

    bucket: str
    objects: int
    bytes: int
    scanned_at: datetime | None


class LargeFile(StoredObject, frozen=True, kw_only=True, rename="camel"):
    bucket: str


class Holdings(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is in some buckets, of one owner or all. `fileTypes` is null for one owner: that is not summed up."""

    used: int
    objects: int
    by_bucket: Sequence[Holding]
    file_types: Sequence[Group] | None
    largest_files: Sequence[LargeFile]
