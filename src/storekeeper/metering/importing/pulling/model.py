"""Nouns of scheduled imports: a source is pulled by its schedule, from where it was left the last time."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import IO, Annotated, Any

import msgspec

from storekeeper.buckets.model import Bucket, Name
from storekeeper.kernel.errors import BadInputError, ConflictError, NotFoundError
from storekeeper.metering.importing.model import ImportReply
from storekeeper.objectstore import Call, ObjectStore, Signature

_NOTHING: Mapping[str, str] = {}
Settings = Mapping[Annotated[str, msgspec.Meta(max_length=64)], Annotated[str, msgspec.Meta(max_length=1024)]]


class ImportSource(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is pulled, and how it went the last time. The secret is sealed elsewhere and never part of this."""

    id: str
    name: str
    format: str
    bucket: str  # registered name
    cron: str  # five fields, UTC; empty means on demand
    paused: bool = False  # its schedule is passed over
    next_run_at: datetime | None = None  # none where nothing is scheduled; past when it is due
    settings: Mapping[str, str]
    has_secret: bool
    last_run_at: datetime | None
    last_result: Mapping[str, int]  # records, accepted, duplicates, skipped, rejected
    last_error: str
    created_at: datetime
    updated_at: datetime


class ImportSourcePage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: list[ImportSource]
    next_cursor: str | None = None


class NewImportSource(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What makes a source. The secret goes in and never comes out."""

    name: Name
    format: str
    bucket: str
    cron: str = "10 * * * *"
    settings: Settings = _NOTHING
    secret: Annotated[str, msgspec.Meta(max_length=4096)] = ""

    def __repr__(self) -> str:
        return f"NewImportSource(name={self.name!r}, format={self.format!r})"


class ImportSourceChange(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """What an edit may change; fields that are not given stay."""

    cron: str | msgspec.UnsetType = msgspec.UNSET
    paused: bool | msgspec.UnsetType = msgspec.UNSET
    settings: Settings | msgspec.UnsetType = msgspec.UNSET
    secret: Annotated[str, msgspec.Meta(max_length=4096)] | msgspec.UnsetType = msgspec.UNSET

    def __repr__(self) -> str:
        return "ImportSourceChange(…)"


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What a puller may do in the world."""

    now: datetime
    bucket: Bucket
    settings: Mapping[str, str]
    secret: str
    cursor: str  # where the last pull left off; empty at first
    open: Callable[[str], ObjectStore]  # a registered bucket by name; the caller closes it
    call: Callable[[Call, Signature | None], bytes]
    take: Callable[[IO[bytes], int], ImportReply]  # a file, and the seconds of a window


class Pulled(msgspec.Struct, frozen=True, kw_only=True):
    """How far a pull came, and what it brought."""

    cursor: str
    result: Mapping[str, int]


class Puller(msgspec.Struct, frozen=True, kw_only=True):
    """How a format is pulled. `settings` says what each setting means."""

    format: str
    settings: Mapping[str, str]
    required: tuple[str, ...]
    pull: Callable[[Reach], Pulled]
    needs_secret: bool = True


def added_up(replies: list[ImportReply]) -> Mapping[str, int]:
    """What several files brought together."""
    sums: dict[str, Any] = dict.fromkeys(("records", "accepted", "duplicates", "skipped", "rejected"), 0)
    for reply in replies:
        sums["records"] += reply.records
        sums["accepted"] += reply.accepted
        sums["duplicates"] += reply.duplicates
        sums["skipped"] += sum(reply.skipped.values())
        sums["rejected"] += reply.rejected_count
    return {"files": len(replies), **sums}


class ImportSourceExistsError(ConflictError):
    """A source of that name exists already."""

    slug, title = "import-source-exists", "Import source exists already"


class UnknownImportSourceError(NotFoundError):
    """There is no source of that name."""

    slug, title = "unknown-import-source", "Unknown import source"


class SourceSettingsError(BadInputError):
    """A setting of the source is missing, unknown or not acceptable."""

    slug, title = "bad-source-settings", "Settings of the source refused"
