"""What went, object by object, and what came back."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from storekeeper.cleanup.model.plan import Origin, PlannedObject
from storekeeper.kernel.errors import ConflictError, NotFoundError, UnavailableError


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    STOPPED = "stopped"
    FAILED = "failed"


class Outcome(StrEnum):
    """What became of a planned object."""

    DELETED = "deleted"
    SPARED = "spared"  # it is not as it was planned
    GONE = "gone"  # somebody else had removed it
    FAILED = "failed"  # it is still there
    RESTORED = "restored"  # deleted, and brought back


class Totals(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Objects of a run by what became of them."""

    deleted: int = 0
    deleted_bytes: int = 0
    spared: int = 0
    gone: int = 0
    failed: int = 0
    restored: int = 0
    restorable: int = 0  # deleted in a bucket with versions, so that they can be brought back


class CleanupRun(Totals, frozen=True, kw_only=True, rename="camel"):
    """One execution of a plan."""

    id: str
    plan_id: str
    policy: str
    bucket: str
    state: RunState
    origin: Origin
    actor: str
    planned: int
    planned_bytes: int
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str = ""  # why it stopped or waits
    restoring: bool = False


class LoggedObject(PlannedObject, frozen=True, kw_only=True, rename="camel"):
    """One object of a run's log."""

    outcome: Outcome
    reason: str  # why it was spared or failed, in words
    marker: str  # version id of the delete marker; empty without versions
    time: datetime | None


class RunPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[CleanupRun]
    next_cursor: str | None = None


class LogPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """In the order of the plan."""

    items: Sequence[LoggedObject]
    next_cursor: str | None = None


class UnknownCleanupRunError(NotFoundError):
    """There is no clean-up of that id, or it is no longer kept."""

    slug, title = "unknown-cleanup-run", "Unknown clean-up"


class NotRestorableError(ConflictError):
    """Nothing of this clean-up can be brought back by Storekeeper."""

    slug, title = "not-restorable", "Nothing to restore"


class CleanupFailingError(UnavailableError):
    """A clean-up stopped because one object after another could not be deleted; it tries again by itself, a few times."""

    slug, title = "cleanup-failing", "Clean-up fails"


class CleanupPausedError(UnavailableError):
    """A clean-up waits because the bucket is not healthy; it goes on by itself."""

    slug, title = "cleanup-paused", "Clean-up waits"
