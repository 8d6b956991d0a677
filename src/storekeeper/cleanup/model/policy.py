"""What may go from a bucket by itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from storekeeper.kernel.errors import BadInputError, ConflictError, NotFoundError

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


class PolicyList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[Policy]
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
