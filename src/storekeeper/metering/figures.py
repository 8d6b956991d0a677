"""Nouns of reading: what operations add up to over a range."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from storekeeper.kernel.errors import StorekeeperError


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A range of whole steps up to now, and the range of as many whole steps before it."""

    before: datetime
    since: datetime
    until: datetime
    step: str  # minute, hour or day: the sums that are read
    seconds: int  # of a step


class Span(msgspec.Struct, frozen=True):
    """From a moment up to another, which is not in it."""

    since: datetime
    until: datetime


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which operations are asked about. None is any; an empty owner is nobody's."""

    window: Window
    bucket_id: str | None = None
    owner: str | None = None
    operation: str | None = None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the single operations are shown; what is empty does not filter."""

    statuses: tuple[int, int] = (100, 599)  # from, to; both included
    text: str = ""  # anywhere in the prefix
    newest: datetime | None = None  # nothing after this
    skip: int = 0  # of those at `newest`


class Figures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Weighted counts and sums. Bytes, milliseconds, ratios 0…1.

    `relativeError` is the standard error that sampling brings to `requests`; 0 where all was measured.
    """

    requests: float = 0.0
    errors: float = 0.0
    throttles: float = 0.0
    bytes_in: float = 0.0
    bytes_out: float = 0.0
    error_rate: float = 0.0
    mean_ms: float | None = None
    relative_error: float = 0.0


class Point(Figures, frozen=True, kw_only=True, rename="camel"):
    """One step of time. A step without operations is left out."""

    time: datetime


class Group(Figures, frozen=True, kw_only=True, rename="camel"):
    """Operations that have something in common; `previousRequests` is that of the range before."""

    name: str
    previous_requests: float = 0.0


class BucketPoint(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One step of time of one bucket."""

    time: datetime
    bucket: str
    requests: float
    bytes_in: float
    bytes_out: float


class Mover(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A group whose requests changed much against the range before. `dimension` is bucket, owner or operation."""

    dimension: str
    name: str
    requests: float
    previous_requests: float
    change: float


class Usage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What operations add up to over a range. `provenance` is measured, or sampled where weights were not 1.

    `previous` is the range of as many whole steps before `since`, from `previousSince` on. Groups are the busiest
    fifty. `byOwner` counts whole days (UTC) for ranges of more than a day.
    """

    since: datetime
    until: datetime
    previous_since: datetime
    resolution_seconds: int
    totals: Figures
    previous: Figures
    series: Sequence[Point]
    bucket_series: Sequence[BucketPoint]
    by_bucket: Sequence[Group]
    by_owner: Sequence[Group]
    by_operation: Sequence[Group]
    by_status: Sequence[Group]
    top_movers: Sequence[Mover]
    provenance: str


class Speed(Figures, frozen=True, kw_only=True, rename="camel"):
    """Figures with latency quantiles in milliseconds; None without operations."""

    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


class SpeedPoint(Speed, frozen=True, kw_only=True, rename="camel"):
    time: datetime


class SpeedGroup(Speed, frozen=True, kw_only=True, rename="camel"):
    name: str


class HeatMap(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many operations took how long: `counts[i][j]` is at `times[i]`, from `edgesMs[j]` up to the next edge."""

    resolution_seconds: int
    times: Sequence[datetime]
    edges_ms: Sequence[float]
    counts: Sequence[Sequence[float]]


class Performance(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How fast and how well operations went. `heatMap` is null for ranges longer than `heatMapLimitSeconds`."""

    since: datetime
    until: datetime
    previous_since: datetime
    resolution_seconds: int
    totals: Speed
    previous: Figures
    series: Sequence[SpeedPoint]
    by_operation: Sequence[SpeedGroup]
    heat_map: HeatMap | None
    heat_map_limit_seconds: int
    provenance: str


class Pulse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The last 24 hours at a glance, hour by hour; uploads and downloads since midnight UTC."""

    since: datetime
    totals: Speed
    previous: Figures
    series: Sequence[SpeedPoint]
    uploads_today: float
    downloads_today: float
    uploads_yesterday: float  # up to the same hour
    downloads_yesterday: float
    uploads_by_hour: Sequence[float]
    downloads_by_hour: Sequence[float]
    provenance: str


class RecentOperation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One operation as it came in. `key` is None where the bucket does not allow names to be kept."""

    time: datetime
    bucket: str
    owner: str
    operation: str
    status: int
    error: str
    prefix: str
    key: str | None
    bytes_in: int
    bytes_out: int
    latency_ms: float
    weight: float
    request_id: str


class Activity(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[RecentOperation]
    next_cursor: str | None = None


class EmbedLink(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whoever has the URL sees the storage and usage of that owner, and nothing else, until it expires or is revoked."""

    url: str
    owner: str
    expires_at: datetime


class LinkExpiredError(StorekeeperError):
    """The signed address of an embedded page is older than it may be; the application that shows it gets a new one."""

    slug, title, status = "link-expired", "Link expired", 410


class LinkRevokedError(StorekeeperError):
    """The links to the embedded page of that owner were revoked; the application that shows it gets a new one."""

    slug, title, status = "link-revoked", "Link revoked", 410
