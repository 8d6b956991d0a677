"""What the API speaks of. Field names are those of its JSON, in Python's spelling; bytes, seconds and aware UTC times.

Members that a server of another release does not send take their default; members that it adds are ignored.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class Noun(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One JSON object."""


class Page(Noun, Generic[T], frozen=True, kw_only=True):
    """Part of a list; `next_cursor` continues it."""

    items: list[T]
    next_cursor: str | None = None


class Tokens(Noun, frozen=True, kw_only=True):
    """What signing in gives. The refresh token is good for one use; using it gives the next one."""

    access_token: str
    refresh_token: str
    expires_in: int = 0  # seconds that the access token lives
    role: str = ""

    def __repr__(self) -> str:
        return "Tokens(…)"


class Me(Noun, frozen=True, kw_only=True):
    """Who is asking."""

    id: str = ""
    email: str = ""
    role: str = ""
    via: str = ""  # session, token or key


class User(Noun, frozen=True, kw_only=True):
    id: str
    email: str
    role: str
    disabled: bool = False
    created_at: datetime | None = None
    last_seen_at: datetime | None = None
    generated_password: str | None = None  # in the answer to its creation only


class Token(Noun, frozen=True, kw_only=True):
    """An API key."""

    id: str
    name: str
    scopes: Sequence[str] = ()
    buckets: Sequence[str] | None = None  # none, or empty: all
    created_at: datetime | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    created_by: str | None = None
    secret: str | None = None  # in the answer to its creation only


class Bucket(Noun, frozen=True, kw_only=True):
    """A watched bucket; the figures are those of its last complete scan, where a list was asked for."""

    id: str
    name: str
    url: str
    endpoint: str = ""
    region: str = ""
    provider: str = ""
    access_key_id: str = ""
    owner_pattern: str = ""
    store_keys: bool = True
    scan_cron: str = ""
    max_concurrency: int = 0
    max_requests_per_second: float = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    objects: int | None = None
    bytes: int | None = None
    scanned_at: datetime | None = None
    growth_bytes7d: int | None = msgspec.field(name="growthBytes7d", default=None)


class Finding(Noun, frozen=True, kw_only=True):
    """One thing that was tried at a bucket."""

    check: str
    ok: bool
    outcome: str = ""
    required: bool = False
    problem: str = ""
    detail: str = ""
    missing_permission: str | None = None
    hint: str | None = None


class BucketTest(Noun, frozen=True, kw_only=True):
    """Whether a bucket can be watched, and the least that must be granted."""

    ok: bool
    findings: Sequence[Finding] = ()
    policy: Any = None
    latency_ms: float = 0


class OwnerExample(Noun, frozen=True, kw_only=True):
    key: str
    owner: str | None = None


class OwnerTrial(Noun, frozen=True, kw_only=True):
    """An owner pattern tried on real keys."""

    matched: int
    unmatched: int
    examples: Sequence[OwnerExample] = ()


class Archive(Noun, frozen=True, kw_only=True):
    """The operations of one UTC day as Parquet files under `prefix`."""

    id: str
    day: str
    prefix: str
    files: int = 0
    operations: int = 0
    bytes: int = 0
    state: str = ""
    restored_until: datetime | None = None


class Started(Noun, frozen=True, kw_only=True):
    run_id: str


class Run(Noun, frozen=True, kw_only=True):
    """One execution of a job."""

    id: str
    job: str
    status: str
    key: str = ""
    payload: Mapping[str, Any] = {}
    progress: Mapping[str, Any] = {}
    attempt: int = 0
    error: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    cancel_requested: bool = False


class Job(Noun, frozen=True, kw_only=True):
    """Background work by name."""

    name: str
    about: str = ""
    cron: str = ""
    last_run: Run | None = None
    counts: Mapping[str, int] = {}


class AuditRecord(Noun, frozen=True, kw_only=True):
    """Who changed what."""

    id: str
    time: datetime
    actor: str
    action: str
    target: str
    details: Mapping[str, Any] = {}


class Health(Noun, frozen=True, kw_only=True):
    status: str


class ServerVersion(Noun, frozen=True, kw_only=True):
    version: str
    engine: str = ""
    sqlite: str = ""
    python: str = ""
