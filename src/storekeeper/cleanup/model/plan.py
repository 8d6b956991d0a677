"""What one run would delete, and who confirmed it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from storekeeper.cleanup.model.policy import Choice
from storekeeper.kernel.errors import ConflictError, NotFoundError


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


class PlanPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[Plan]
    next_cursor: str | None = None


class PlannedPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """In the order of the listing."""

    items: Sequence[PlannedObject]
    next_cursor: str | None = None


class UnknownPlanError(NotFoundError):
    """There is no clean-up plan of that id, or it is no longer kept."""

    slug, title = "unknown-cleanup-plan", "Unknown clean-up plan"


class StalePlanError(ConflictError):
    """The plan can not be confirmed: it is too old, was used, its policy has changed, or other figures were confirmed. Nothing is deleted."""

    slug, title = "stale-cleanup-plan", "Clean-up plan is stale"
