"""Nouns of clean-up: which objects of a bucket may go by themselves, what would go, what went."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from storekeeper.kernel.errors import BadInputError, ConflictError, NotFoundError, UnavailableError

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Prefix = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Prefixes = Annotated[tuple[Prefix, ...], msgspec.Meta(max_length=100)]
Tag = Annotated[str, msgspec.Meta(max_length=256)]
Tags = Annotated[Mapping[Tag, Tag], msgspec.Meta(max_length=10)]
Pattern = Annotated[str, msgspec.Meta(max_length=1024)]
Days = Annotated[int, msgspec.Meta(ge=1, le=36_500)]
Size = Annotated[int, msgspec.Meta(ge=0, le=10**18)]
MostObjects = Annotated[int, msgspec.Meta(ge=1, le=100_000_000)]
MostBytes = Annotated[int, msgspec.Meta(ge=1, le=10**18)]
PerSecond = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


class Choice(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which objects may go; one must meet all of it. Sizes are bytes, both ends included."""

    prefixes: tuple[str, ...] = ()  # any of them; empty only with `whole_bucket`
    whole_bucket: bool = False
    excluded: tuple[str, ...] = ()  # prefixes that stay
    pattern: str = ""  # of the whole key; * stands for anything, ? for one character
    tags: Mapping[str, str] = {}  # all of them
    min_age_days: int = 30  # by when it was last written
    min_size: int | None = None
    max_size: int | None = None


class Policy(Choice, frozen=True, kw_only=True, rename="camel"):
    """What may go from one bucket, how much at once, how fast, and when."""

    id: str
    name: str
    bucket: str  # its name
    most_objects: int  # of one run
    most_bytes: int
    per_second: int  # objects
    cron: str  # five fields, UTC; empty: only when a person confirms a plan
    enabled: bool
    confirmed: bool  # a person has confirmed a plan of these rules, so its schedule may run
    revision: int
    reason: str  # of the last change
    created_at: datetime
    updated_at: datetime
    updated_by: str


class NewPolicy(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What makes a policy."""

    name: Name
    bucket: str
    prefixes: Prefixes = ()
    whole_bucket: bool = False
    excluded: Prefixes = ()
    pattern: Pattern = ""
    tags: Tags = {}
    min_age_days: Days
    min_size: Size | None = None
    max_size: Size | None = None
    most_objects: MostObjects = 100_000
    most_bytes: MostBytes = 10**12
    per_second: PerSecond = 50
    cron: str = ""
    enabled: bool = True
    reason: Reason


class PolicyChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What an edit may change; fields that are not given stay. `revision` is the one that the caller has seen."""

    revision: int
    prefixes: Prefixes | msgspec.UnsetType = msgspec.UNSET
    whole_bucket: bool | msgspec.UnsetType = msgspec.UNSET
    excluded: Prefixes | msgspec.UnsetType = msgspec.UNSET
    pattern: Pattern | msgspec.UnsetType = msgspec.UNSET
    tags: Tags | msgspec.UnsetType = msgspec.UNSET
    min_age_days: Days | msgspec.UnsetType = msgspec.UNSET
    min_size: Size | msgspec.UnsetType | None = msgspec.UNSET
    max_size: Size | msgspec.UnsetType | None = msgspec.UNSET
    most_objects: MostObjects | msgspec.UnsetType = msgspec.UNSET
    most_bytes: MostBytes | msgspec.UnsetType = msgspec.UNSET
    per_second: PerSecond | msgspec.UnsetType = msgspec.UNSET
    cron: str | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    reason: Reason


class Origin(StrEnum):
    PERSON = "person"
    SCHEDULE = "schedule"


class PlanState(StrEnum):
    PLANNING = "planning"
    READY = "ready"  # waits to be confirmed
    EXPIRED = "expired"  # nobody confirmed it in time
    CONFIRMED = "confirmed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Group(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Part of a plan."""

    name: str
    objects: int
    bytes: int


class Saving(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a month would cost less."""

    amount: str  # decimal
    currency: str


class Plan(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one run would delete, by a live listing of the bucket. Nothing is deleted by making it."""

    id: str
    policy: str
    bucket: str
    state: PlanState
    origin: Origin
    actor: str
    choice: Choice  # as it was then
    listed: int = 0  # objects that were looked at
    objects: int = 0
    bytes: int = 0
    left_objects: int = 0  # beyond the cap, left for the next run; with tags, at most so many
    left_bytes: int = 0
    by_prefix: Sequence[Group] = ()  # the largest first
    by_age: Sequence[Group] = ()
    saving: Saving | None = None  # null where no price is known
    asks: str = ""  # why the schedule did not go on by itself
    started_at: datetime
    ready_at: datetime | None = None
    expires_at: datetime | None = None
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    run_id: str = ""
    error: str = ""


class PlannedObject(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One object of a plan, as the listing told it."""

    key: str
    size: int
    modified: datetime
    etag: str  # empty where the store has none
    owner: str  # by the bucket's owner pattern


class Confirmation(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What the person has seen; it must be what the plan says."""

    objects: int
    bytes: int


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


class PolicyList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[Policy]
    next_cursor: str | None = None


class PlanPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[Plan]
    next_cursor: str | None = None


class RunPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[CleanupRun]
    next_cursor: str | None = None


class PlannedPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """In the order of the listing."""

    items: Sequence[PlannedObject]
    next_cursor: str | None = None


class LogPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """In the order of the plan."""

    items: Sequence[LoggedObject]
    next_cursor: str | None = None


class BadPolicyError(BadInputError):
    """The policy would choose nothing, everything without saying so, or what can not be chosen in this bucket."""

    slug, title = "bad-cleanup-policy", "Clean-up policy refused"


class PolicyExistsError(ConflictError):
    """There is a clean-up policy of that name."""

    slug, title = "cleanup-policy-exists", "Clean-up policy exists already"


class PolicyChangedError(ConflictError):
    """Somebody else changed the policy since the caller saw it; `revision` is the present one. Nothing was changed."""

    slug, title = "cleanup-policy-changed", "Clean-up policy has changed"


class UnknownPolicyError(NotFoundError):
    """There is no clean-up policy of that name."""

    slug, title = "unknown-cleanup-policy", "Unknown clean-up policy"


class UnknownPlanError(NotFoundError):
    """There is no clean-up plan of that id, or it is no longer kept."""

    slug, title = "unknown-cleanup-plan", "Unknown clean-up plan"


class UnknownCleanupRunError(NotFoundError):
    """There is no clean-up of that id, or it is no longer kept."""

    slug, title = "unknown-cleanup-run", "Unknown clean-up"


class StalePlanError(ConflictError):
    """The plan can not be confirmed: it is too old, was used, its policy has changed, or other figures were confirmed. Nothing is deleted."""

    slug, title = "stale-cleanup-plan", "Clean-up plan is stale"


class NotRestorableError(ConflictError):
    """Nothing of this clean-up can be brought back by Storekeeper."""

    slug, title = "not-restorable", "Nothing to restore"


class CleanupFailingError(UnavailableError):
    """A clean-up stopped because one object after another could not be deleted; it tries again by itself, a few times."""

    slug, title = "cleanup-failing", "Clean-up fails"


class CleanupPausedError(UnavailableError):
    """A clean-up waits because the bucket is not healthy; it goes on by itself."""

    slug, title = "cleanup-paused", "Clean-up waits"
