"""Nouns of keeping operations."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec

from storekeeper.kernel.errors import BadInputError, ConflictError


class ArchiveState(StrEnum):
    """What has become of the operations of a day."""

    WRITING = "writing"  # they leave, but may not be in files yet
    ARCHIVED = "archived"  # only in the archive
    RESTORED = "restored"  # in the archive, and here again for a while


class Archive(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The operations of one UTC day as Parquet files (zstd) under `prefix` in a bucket."""

    id: str
    day: date
    bucket_id: str
    prefix: str
    files: int
    operations: int
    bytes: int  # of the files
    state: ArchiveState
    created_at: datetime
    restored_until: datetime | None = None


class ArchivePage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[Archive]
    next_cursor: str | None = None


class Days(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"since": "from", "until": "to"},
    forbid_unknown_fields=True,
):
    """UTC days, both included. `force` rebuilds sums even from fewer operations than were counted."""

    since: date
    until: date
    force: bool = False


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """Days. Without `archive_bucket` operations are forgotten without a trace when their time is over."""

    raw_days: int = 30
    sums_days: int = 365
    archive_bucket: str = ""  # a registered name


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """What a rebuild of one day's sums found: operations at hand, and how many the sums knew of before."""

    day: date
    found: int
    counted: int
    done: bool


class NotKeptError(ConflictError):
    """There is neither a day's operations nor an archive of them to work from."""

    slug, title = "operations-not-kept", "Operations are not kept any more"


class TooManyDaysError(BadInputError):
    """A rebuild or a restore takes at most 366 days at once, in order."""

    slug, title = "bad-days", "Days are not acceptable"
