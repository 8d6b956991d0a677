"""What the API tells of scans and of what they found. See `model` for how fields are spelled."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from .model import Noun


class Quote(Noun, frozen=True, kw_only=True):
    """What a scan would take."""

    objects: int | None = None
    pages: int | None = None
    requests: Mapping[str, int | None] = {}  # by billing class
    basis: str = "unknown"
    seconds_estimate: float | None = None


class Scan(Noun, frozen=True, kw_only=True):
    """One listing of a bucket, under way or done."""

    id: str
    bucket: str
    status: str
    phase: str = ""  # while it runs: listing, summing up
    objects: int = 0
    bytes: int = 0
    pages: int = 0
    requests: int = 0
    retries: int = 0
    objects_per_second: float | None = None
    seconds_left: float | None = None
    fraction: float | None = None  # done, 0…1, by the previous snapshot
    shards_done: int | None = None
    shards_total: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None

    @property
    def is_over(self) -> bool:
        return self.status in ("succeeded", "cancelled", "dead")


class Group(Noun, frozen=True, kw_only=True):
    """Objects that have something in common."""

    name: str
    objects: int
    bytes: int
    media_type: str | None = None


class Bin(Noun, frozen=True, kw_only=True):
    """A bar of a histogram, over days since the last change or over bytes; without `end` it has none."""

    name: str
    start: int | None = msgspec.field(name="from", default=None)
    end: int | None = msgspec.field(name="to", default=None)  # exclusive
    objects: int
    bytes: int


class Prefix(Noun, frozen=True, kw_only=True):
    name: str
    objects: int
    bytes: int
    leaf: bool | None = None  # nothing below it is kept apart


class Totals(Noun, frozen=True, kw_only=True):
    objects: int = 0
    bytes: int = 0


class Prefixes(Noun, frozen=True, kw_only=True):
    """One level of the folder tree; `direct` is what lies in the prefix itself."""

    prefix: str
    items: Sequence[Prefix] = ()
    direct: Totals | None = None
    others: Totals | None = None  # beyond the limit of what is listed


class File(Noun, frozen=True, kw_only=True):
    """One object. `key` is empty where the bucket keeps no key names."""

    key: str | None = None
    prefix: str = ""
    extension: str = ""
    owner: str | None = None
    size: int = 0
    modified: datetime | None = None
    storage_class: str = ""


class Uploads(Noun, frozen=True, kw_only=True):
    """Unfinished multipart uploads. Where they could not be counted, `unknown` says why."""

    count: int | None = None
    bytes: int | None = None
    unknown: str = ""


class Versions(Noun, frozen=True, kw_only=True):
    """What a versioned bucket holds beside its current objects. Where unknown, `unknown` says why."""

    noncurrent: int | None = None
    noncurrent_bytes: int | None = None
    delete_markers: int | None = None
    unknown: str = ""


class Change(Noun, frozen=True, kw_only=True):
    """Growth since; None where there is no snapshot that old."""

    previous: Totals | None = None
    seven_days: Totals | None = None
    thirty_days: Totals | None = None


class Inventory(Noun, frozen=True, kw_only=True):
    """What the last complete scan of a bucket found."""

    scan_id: str = ""
    objects: int
    bytes: int
    by_prefix: Sequence[Group] = ()
    by_extension: Sequence[Group] = ()
    by_owner: Sequence[Group] = ()
    by_storage_class: Sequence[Group] = ()
    by_age: Sequence[Bin] = ()
    by_size: Sequence[Bin] = ()
    largest: Sequence[File] = ()
    oldest: Sequence[File] = ()
    incomplete_uploads: Uploads | None = None
    versions: Versions | None = None
    change: Change | None = None
    scanned_at: datetime | None = None
    complete: bool = True
    duration_ms: float = 0
    requests: int = 0
    provenance: str = "measured"
