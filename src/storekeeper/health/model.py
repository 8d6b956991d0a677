"""Nouns of health. Durations in milliseconds end in `_ms`, or are settings of `HealthConfig`, whose names are fixed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from storekeeper.kernel.errors import BadInputError, ConflictError
from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import Figures, Mode, Outcome, State

SYSTEM = "system"  # the actor of what nobody asked for
_DAY_MS = 86_400_000
Milliseconds = Annotated[int, msgspec.Meta(ge=1000, le=_DAY_MS)]
Brief = Annotated[int, msgspec.Meta(ge=100, le=60_000)]
Count = Annotated[int, msgspec.Meta(ge=1, le=100)]
Quorum = Annotated[int, msgspec.Meta(ge=0, le=100)]


class HealthConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How buckets are watched. All times are milliseconds."""

    check_interval: Milliseconds = 30_000
    timeout: Brief = 5_000  # of each operation of a check
    failure_threshold: Count = (
        3  # failed checks in a row until a bucket is called unhealthy and its breaker opens
    )
    recovery_timeout: Milliseconds = 60_000  # an open breaker is tried again after it
    monitoring_window: Milliseconds = 300_000  # over which the breaker takes rates
    slow_response_threshold: Brief = 2_000
    test_operations: tuple[ProbeOperation, ...] = (
        ProbeOperation.GET,
        ProbeOperation.PUT,
        ProbeOperation.DELETE,
    )
    alert_on_failure: bool = True
    alert_on_recovery: bool = True
    enabled: bool = True
    quorum: Quorum = 0  # vantage points that must see failure, this server among them; 0 is the majority


class HealthChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What of a config is to be another. What is not given stays; for one bucket it is inherited, null says so again."""

    check_interval: Milliseconds | msgspec.UnsetType | None = msgspec.UNSET
    timeout: Brief | msgspec.UnsetType | None = msgspec.UNSET
    failure_threshold: Count | msgspec.UnsetType | None = msgspec.UNSET
    recovery_timeout: Milliseconds | msgspec.UnsetType | None = msgspec.UNSET
    monitoring_window: Milliseconds | msgspec.UnsetType | None = msgspec.UNSET
    slow_response_threshold: Brief | msgspec.UnsetType | None = msgspec.UNSET
    test_operations: tuple[ProbeOperation, ...] | msgspec.UnsetType | None = msgspec.UNSET
    alert_on_failure: bool | msgspec.UnsetType | None = msgspec.UNSET
    alert_on_recovery: bool | msgspec.UnsetType | None = msgspec.UNSET
    enabled: bool | msgspec.UnsetType | None = msgspec.UNSET
    quorum: Quorum | msgspec.UnsetType | None = msgspec.UNSET


class ProbeCost(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Requests of one bucket's checks in a month of 30 days, by how providers bill them."""

    class_a: int  # PUT and LIST, those of the sweeper too
    class_b: int  # GET and HEAD
    free: int  # DELETE


class Check(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One operation of one round. `outcome` is ok, failure, throttled, caller or unknown, as breakers see it."""

    id: str  # the round's id, a dot and the operation
    time: datetime  # when the round began
    bucket: str
    operation: ProbeOperation
    outcome: Outcome
    failure: str = ""  # connect, tls, timeout or server
    status: int = 0  # of HTTP; 0 where no answer came
    code: str = ""
    latency_ms: float = 0.0
    first_byte_ms: float | None = None
    slow: bool = False
    corrupt: bool = False  # wrong bytes, or an object that is not there right after it was stored
    detail: str = ""
    hint: str = ""
    vantage: str = ""  # the other vantage point that made it; empty for this server

    @property
    def ok(self) -> bool:
        return self.outcome is Outcome.OK


class NetworkFigures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Of a round's own fresh connection; null for folders and memory, and where it did not get that far."""

    dns_ms: float | None = None
    connect_ms: float | None = None
    tls_ms: float | None = None
    certificate_days: float | None = None
    clock_skew_ms: float | None = None


class CheckRound(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One check of a bucket: all its operations, one after the other. `outcome` is the worst that counts."""

    id: str
    time: datetime
    bucket: str
    outcome: Outcome
    duration_ms: float
    checks: Sequence[Check]
    network: NetworkFigures
    diagnosis: str  # what is wrong, in words; empty when nothing is


class CheckPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[Check]
    next_cursor: str | None


class Status(StrEnum):
    """Unhealthy: every operation that is tested fails. Degraded: some fail, or fail at times, or are slow or throttled.

    Unknown: no check for three intervals, or none yet.
    """

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"


class OperationHealth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How one operation has been lately."""

    operation: ProbeOperation
    recent: str = (
        ""  # outcomes, the newest last: o ok, s slow, f failed, t throttled, c refused, x corrupt, u unknown
    )
    since: datetime | None = None  # when the present row of bad checks began; null when the last was well
    streak: int = 0  # bad checks in a row, slow ones not among them
    problem: str = ""  # what was wrong with the last bad one, such as "503 SlowDown"
    latency_ms: float = 0.0
    first_byte_ms: float | None = None


class VantageHealth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a bucket is from one vantage point, this server among them; unknown when nothing was heard for three intervals."""

    name: str
    status: Status
    reason: str
    checked_at: datetime | None
    here: bool = False  # whether it is this server


class BucketHealth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a bucket is, with the reason in words such as "PUT fails since 14:02: 503 SlowDown (3 of 3)"."""

    bucket: str
    status: Status
    reason: str
    since: datetime | None
    checked_at: datetime | None = None
    next_check_at: datetime | None = None  # null while it is not checked
    operations: Sequence[OperationHealth] = ()
    network: NetworkFigures = NetworkFigures()
    breaker: State = State.CLOSED
    mode: Mode = Mode.AUTOMATIC
    monitored: bool = True
    vantage: Sequence[VantageHealth] = ()  # empty where only this server looks


class StatusChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    at: datetime
    bucket: str
    before: Status
    after: Status
    reason: str


class StatusChangePage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[StatusChange]
    next_cursor: str | None


class BreakerView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A bucket's breaker. `until` is when an open one is tried again, null where nothing ends by itself."""

    bucket: str
    state: State
    mode: Mode
    epoch: int  # grows with each change, also over restarts
    until: datetime | None
    k: int  # times that it opened again without having closed
    reason: str
    changed_at: datetime
    actor: str  # who caused the last change; "system" for what the breaker did by itself
    automatic: bool = False  # forced open by a rule, not by a person
    figures: Figures = Figures()


class BreakerTransition(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A change of a breaker; `figures` are those that led to it."""

    id: str
    at: datetime
    bucket: str
    before: State
    after: State
    mode: Mode
    epoch: int
    until: datetime | None
    reason: str
    actor: str
    figures: Figures


class TransitionPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[BreakerTransition]
    next_cursor: str | None


class BreakerEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What clients follow: one at first for each bucket, then one for each change. See `storekeeper_client.breaker.following`."""

    bucket: str
    state: State
    epoch: int
    until: datetime | None
    mode: Mode
    now: datetime


class BreakerAction(StrEnum):
    """What an administrator may do to a breaker."""

    RESET = "reset"  # close, decide by itself again, forget what was
    OPEN = "open"  # for `seconds` or the usual time; trials then decide
    CLOSE = "close"  # close and decide by itself
    FORCE_OPEN = "force-open"  # until told otherwise, or for `seconds`
    DISABLE = "disable"  # let all pass, record nothing
    METRICS_ONLY = "metrics-only"  # let all pass, record
    AUTOMATIC = "automatic"  # decide by itself again


class BreakerOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """`automatic` marks what a rule does and no person: such forced-open breakers are limited to a share of all buckets."""

    action: BreakerAction
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    seconds: Annotated[float, msgspec.Meta(gt=0, le=_DAY_MS / 1000)] | None = None
    automatic: bool = False


class OperationMetrics(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Sums over a span of time. `time` is its beginning, null for the whole. Latencies are null where nothing answered."""

    bucket: str
    operation: ProbeOperation
    time: datetime | None
    checks: int
    failures: int
    throttled: int
    refused: int  # answered, but the request was at fault: missing rights and the like
    slow: int
    corrupt: int
    error_rate: float  # failures, throttled and refused of all, 0…1
    average_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class HealthMetrics(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    since: datetime
    until: datetime
    totals: Sequence[OperationMetrics]  # a row for each bucket and operation
    series: Sequence[OperationMetrics]  # the same by hour, or by day for more than a week


class DayUptime(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Seconds of a day (UTC) in each status; what is still to come is in none."""

    day: date
    healthy: float
    degraded: float
    unhealthy: float
    unknown: float
    uptime: float | None  # healthy and degraded of what is known, 0…1; null when nothing is known


class ErrorBudget(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How much of the time that may be lost by an objective is lost. `left` is negative when it is overdrawn."""

    objective: float  # share of the time, such as 0.999
    allowed_seconds: float
    spent_seconds: float
    left: float  # share of the budget, 1 when nothing is spent


class BucketUptime(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    bucket: str
    days: Sequence[DayUptime]  # the oldest first
    uptime: float | None
    budget: ErrorBudget


class MonitorStats(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How the monitor is doing, since it was started."""

    running: bool
    buckets: int
    rounds: int
    under_way: int
    missed: int  # rounds that did not take place because the one before was still under way, or the machine was busy
    drift_p99_ms: float  # how late rounds began, of the last thousand
    waiting: int  # rounds that are not in analytics yet
    last_error: str
    missed_by_bucket: Mapping[str, int]


class HealthConfigError(BadInputError):
    """The settings of health checks contradict each other, or are missing."""

    slug, title = "bad-health-config", "Invalid health settings"


class BreakerShareError(ConflictError):
    """Automation may force open only a share of all breakers at once, and that share is used up."""

    slug, title = "breaker-share", "Too many breakers forced open"
