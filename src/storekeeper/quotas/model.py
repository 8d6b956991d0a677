"""Nouns of quotas: how much of what an owner, a bucket, or an owner in a bucket may use."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from storekeeper.kernel.errors import BadInputError, ConflictError, NotFoundError

MOST = 10**18  # an exabyte, or as many of anything else
WARN_PERCENT = 80
Amount = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
Percent = Annotated[int, msgspec.Meta(ge=1, le=100)]
Owner = Annotated[str, msgspec.Meta(max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]
BucketName = Annotated[str, msgspec.Meta(max_length=63)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Measure(StrEnum):
    """What is limited: what is stored, or what is done in a calendar month (UTC)."""

    BYTES = "bytes"
    OBJECTS = "objects"
    OPERATIONS = "operations"
    EGRESS = "egress"  # bytes


MONTHLY = frozenset({Measure.OPERATIONS, Measure.EGRESS})


class State(StrEnum):
    """How use stands to the limit."""

    OK = "ok"
    WARNED = "warned"
    EXCEEDED = "exceeded"


class Decision(StrEnum):
    ALLOW = "allow"
    WARN = "warn"
    DENY = "deny"


class Raise(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Another limit for a while; it ends by itself."""

    limit: int
    until: datetime
    reason: str
    raised_by: str


class Quota(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A limit. An empty owner is everybody, an empty bucket is all buckets; never both."""

    id: str
    owner: str
    bucket: str  # its name
    measure: Measure
    limit: int  # bytes, objects or operations
    warn_percent: int
    hard: bool  # what would go over the limit is refused
    raised: Raise | None
    reason: str  # of the last change
    created_at: datetime
    updated_at: datetime
    updated_by: str


class Use(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How much is used. `used` is `held` and `added` together, never less than 0."""

    used: int = 0
    held: int = 0  # what the newest snapshots found, or what was done in this month
    added: int = 0  # what was written since the snapshots began, less what was deleted
    written: int = 0  # the same without the deletes; leases are held against it
    recent: int = 0  # of that, what was written in the minutes before `computed_at`
    state: State = State.OK
    since: datetime | None = None  # of the state
    snapshot_at: datetime | None = None  # the end of the oldest scan that counts; null without any
    computed_at: datetime | None = None


class QuotaView(Quota, frozen=True, kw_only=True, rename="camel"):
    """A quota and how it stands now. `share` is `used` / `effectiveLimit`: 0…1, or more where it is exceeded."""

    effective_limit: int  # the raised one while a raise lasts
    used: int
    held: int
    added: int
    share: float
    state: State
    since: datetime | None
    snapshot_at: datetime | None
    computed_at: datetime | None


class QuotaPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Those that are used up most first."""

    items: Sequence[QuotaView]
    next_cursor: str | None
    total: int


class NewQuota(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What makes a quota. At least one of owner and bucket is given."""

    owner: Owner = ""
    bucket: BucketName = ""
    measure: Measure
    limit: Amount
    warn_percent: Percent = WARN_PERCENT
    hard: bool = True
    reason: Reason


class QuotaChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What an edit may change; fields that are not given stay."""

    limit: Amount | msgspec.UnsetType = msgspec.UNSET
    warn_percent: Percent | msgspec.UnsetType = msgspec.UNSET
    hard: bool | msgspec.UnsetType = msgspec.UNSET
    reason: Reason


class NewRaise(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    limit: Amount
    until: Moment
    reason: Reason


class Violation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One time that a quota was warned of or exceeded. It opens once, and closes by itself; figures are of its opening."""

    id: str
    quota_id: str
    owner: str
    bucket: str
    measure: Measure
    level: State  # warned or exceeded
    used: int
    limit: int
    hard: bool
    summary: str
    opened_at: datetime
    closed_at: datetime | None  # null while it lasts
    closed_by: str  # what ended it, in words


class ViolationPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[Violation]
    next_cursor: str | None


class OwnQuotas(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The quotas of one owner. `used` and `quota` are bytes over all buckets; null where there is no such quota."""

    owner: str
    used: int | None
    quota: int | None
    usage_percent: float | None
    items: Sequence[QuotaView]


class Settled(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What became of a lease: how much of it was granted to writers."""

    lease_id: Annotated[str, msgspec.Meta(max_length=36)]
    bytes: Amount
    writes: Amount


class Question(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """May this owner write so many bytes as one object? `settled` is taken into account first."""

    owner: Owner = ""
    bucket: BucketName
    bytes: Amount = 0
    settled: Annotated[Sequence[Settled], msgspec.Meta(max_length=100)] = ()


class Settlement(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    settled: Annotated[Sequence[Settled], msgspec.Meta(max_length=100)]


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether a write may be made, and what may be written without asking again.

    A lease counts as used from now until it is settled, so the sum of what is granted never passes a hard limit.
    `slackBytes` is by how much the answer may be wrong because others write meanwhile; null is by any amount.
    """

    allowed: bool
    decision: Decision
    reason: str
    remaining_bytes: int | None  # before the hard limit; null without one
    remaining_writes: int | None
    valid_seconds: float
    slack_bytes: int | None
    limited: bool  # whether any hard limit applies; without one nothing is leased
    lease_id: str | None = None
    lease_bytes: int | None = None  # that may be granted by it, the asked ones among them; null is any
    lease_writes: int | None = None


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes and writes that were given out. Without `settled_at` all of it counts as used."""

    id: str
    owner: str
    bucket_id: str
    bytes: int
    writes: int
    spent_bytes: int
    spent_writes: int
    actor: str
    granted_at: datetime
    expires_at: datetime
    settled_at: datetime | None


class UnknownQuotaError(NotFoundError):
    """There is no quota of that id."""

    slug, title = "unknown-quota", "Unknown quota"


class QuotaExistsError(ConflictError):
    """There is a quota of that measure for the same owner and bucket; `quotaId` names it."""

    slug, title = "quota-exists", "Quota exists already"


class BadQuotaError(BadInputError):
    """The quota limits nobody, or its raise is not one."""

    slug, title = "bad-quota", "Quota refused"
