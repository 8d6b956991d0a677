"""What the API tells of quotas."""

from collections.abc import Sequence
from datetime import datetime

from storekeeper_client.model import Noun


class Raise(Noun, frozen=True, kw_only=True):
    """Another limit for a while."""

    limit: int
    until: datetime
    reason: str = ""
    raised_by: str = ""


class Quota(Noun, frozen=True, kw_only=True):
    """A limit and how it stands. An empty owner is everybody, an empty bucket is all."""

    id: str
    owner: str = ""
    bucket: str = ""
    measure: str  # bytes, objects, operations, egress
    limit: int
    warn_percent: int = 80
    hard: bool = True
    raised: Raise | None = None
    reason: str = ""
    effective_limit: int = 0
    used: int = 0
    held: int = 0
    added: int = 0
    share: float = 0.0
    state: str = "ok"  # ok, warned, exceeded
    since: datetime | None = None
    snapshot_at: datetime | None = None
    computed_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    updated_by: str = ""


class Violation(Noun, frozen=True, kw_only=True):
    """One time that a quota was warned of or exceeded. `closed_at` is None while it lasts."""

    id: str
    quota_id: str = ""
    owner: str = ""
    bucket: str = ""
    measure: str
    level: str  # warned, exceeded
    used: int = 0
    limit: int = 0
    hard: bool = True
    summary: str = ""
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""


class OwnQuotas(Noun, frozen=True, kw_only=True):
    """The quotas of one owner; `used` and `quota` are bytes over all buckets, None without such a quota."""

    owner: str
    used: int | None = None
    quota: int | None = None
    usage_percent: float | None = None
    items: Sequence[Quota] = ()


class Settled(Noun, frozen=True, kw_only=True):
    """What became of a lease."""

    lease_id: str
    bytes: int
    writes: int


class Question(Noun, frozen=True, kw_only=True):
    owner: str
    bucket: str
    bytes: int
    settled: Sequence[Settled] = ()


class Answer(Noun, frozen=True, kw_only=True):
    """Whether a write may be made, and what may be written without asking again; None is any amount."""

    allowed: bool
    decision: str = "allow"  # allow, warn, deny
    reason: str = ""
    remaining_bytes: int | None = None
    remaining_writes: int | None = None
    valid_seconds: float = 0.0
    slack_bytes: int | None = None
    limited: bool = False
    lease_id: str | None = None
    lease_bytes: int | None = None
    lease_writes: int | None = None
