"""A bucket: one watched bucket at one provider, registered under a unique name."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec

from storekeeper.kernel.errors import ConflictError, NotFoundError

Name = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
        description="Letters, digits, dot, hyphen, underscore; at most 63.",
    ),
]


class Bucket(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is known of a bucket. Credentials are sealed elsewhere and never part of this."""

    id: str
    name: str  # unique, shown everywhere
    url: str  # s3://name, r2://account/name, file:///path, …
    endpoint: str  # resolved; empty for folder and memory
    region: str
    provider: str  # aws, r2, b2, gcs, wasabi, minio, ceph, …, folder, memory, other
    access_key_id: str  # not secret; empty when anonymous
    owner_pattern: str = ""  # users/{owner}/…; empty when objects have no owner
    store_keys: bool = True  # keep key names of objects, or only prefix and extension
    scan_cron: str = "0 3 * * *"  # five fields, UTC; empty means on demand
    max_concurrency: int = 8  # listing requests under way at once
    max_requests_per_second: float = 0  # 0 is no limit
    created_at: datetime
    updated_at: datetime


class NewBucket(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What registers a bucket. Secrets go in and never come out."""

    name: Name
    url: str
    endpoint: str = ""
    region: str = ""
    provider: str = ""
    access_key_id: str = ""
    secret_access_key: str = ""
    session_token: str = ""
    owner_pattern: str = ""
    store_keys: bool = True
    scan_cron: str = "0 3 * * *"
    max_concurrency: Annotated[int, msgspec.Meta(ge=1, le=64)] = 8
    max_requests_per_second: Annotated[float, msgspec.Meta(ge=0, le=10_000)] = 0

    def __repr__(self) -> str:
        return f"NewBucket(name={self.name!r}, url={self.url!r})"


class BucketChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What an edit may change; fields that are not given stay. A new secret replaces key id and secret together."""

    endpoint: str | msgspec.UnsetType = msgspec.UNSET
    region: str | msgspec.UnsetType = msgspec.UNSET
    provider: str | msgspec.UnsetType = msgspec.UNSET
    access_key_id: str | msgspec.UnsetType = msgspec.UNSET
    secret_access_key: str | msgspec.UnsetType = msgspec.UNSET
    session_token: str | msgspec.UnsetType = msgspec.UNSET
    owner_pattern: str | msgspec.UnsetType = msgspec.UNSET
    store_keys: bool | msgspec.UnsetType = msgspec.UNSET
    scan_cron: str | msgspec.UnsetType = msgspec.UNSET
    max_concurrency: Annotated[int, msgspec.Meta(ge=1, le=64)] | msgspec.UnsetType = msgspec.UNSET
    max_requests_per_second: Annotated[float, msgspec.Meta(ge=0, le=10_000)] | msgspec.UnsetType = (
        msgspec.UNSET
    )

    def __repr__(self) -> str:
        return "BucketChange(…)"


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that was tried at a bucket."""

    check: str
    outcome: str  # ok, missing, unsupported, unknown, failed; see objectstore.permissions.Outcome
    ok: bool  # nothing to do: it works, or the provider has no such thing
    required: bool  # without it the bucket can not be watched
    missing_permission: str  # what to grant, or empty
    problem: str  # slug of the error behind it, or empty
    detail: str
    hint: str


class TestResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether a bucket can be watched, and what to grant when not."""

    __test__ = False  # a noun of the domain, not a test class

    ok: bool
    latency_ms: int
    findings: Sequence[Finding]
    policy: Mapping[
        str, Any
    ]  # the least to grant: an IAM document, or {"advice": words} where the provider takes none


class OwnerTrial(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An owner pattern tried on real keys."""

    matched: int
    unmatched: int
    examples: Sequence[Mapping[str, str]]  # {key, owner}; owner is empty where the pattern does not match


class BucketExistsError(ConflictError):
    """A bucket of that name is registered already."""

    slug, title = "bucket-exists", "Bucket exists already"


class UnknownBucketError(NotFoundError):
    """No bucket is registered under that name."""

    slug, title = "unknown-bucket", "Unknown bucket"
