"""What the API tells of the health of buckets. Words such as states are as the server spells them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from storekeeper_client.model import Noun


class OperationHealth(Noun, frozen=True, kw_only=True):
    """How one operation has been lately."""

    operation: str
    recent: str = ""
    since: datetime | None = None
    streak: int = 0
    problem: str = ""
    latency_ms: float = 0
    first_byte_ms: float | None = None


class Network(Noun, frozen=True, kw_only=True):
    """Of a check's own connection; None where there is nothing to tell."""

    dns_ms: float | None = None
    connect_ms: float | None = None
    tls_ms: float | None = None
    certificate_days: float | None = None
    clock_skew_ms: float | None = None


class VantageHealth(Noun, frozen=True, kw_only=True):
    """How a bucket is from one vantage point; `here` is the server itself."""

    name: str
    status: str
    reason: str = ""
    checked_at: datetime | None = None
    here: bool = False


class BucketHealth(Noun, frozen=True, kw_only=True):
    """How a bucket is, with the reason in words."""

    bucket: str
    status: str
    reason: str = ""
    since: datetime | None = None
    checked_at: datetime | None = None
    next_check_at: datetime | None = None
    operations: Sequence[OperationHealth] = ()
    network: Network = Network()
    breaker: str = ""
    mode: str = ""
    monitored: bool = True
    vantage: Sequence[VantageHealth] = ()

    @property
    def is_well(self) -> bool:
        """Also where nothing is known because nobody looks."""
        return self.status == "healthy" or (self.status == "unknown" and not self.monitored)

    @property
    def is_disputed(self) -> bool:
        """Whether vantage points that were heard lately do not agree."""
        return len({one.status for one in self.vantage if one.status != "unknown"}) > 1


class Readiness(Noun, frozen=True, kw_only=True):
    """How the server and its parts are; figures and buckets for those who may see them."""

    status: str
    timestamp: datetime
    services: Mapping[str, str] = {}
    metrics: Mapping[str, float] | None = None
    buckets: Sequence[BucketHealth] | None = None


class Check(Noun, frozen=True, kw_only=True):
    """One operation that was tried."""

    id: str
    time: datetime
    bucket: str
    operation: str
    outcome: str
    failure: str = ""
    status: int = 0
    code: str = ""
    latency_ms: float = 0
    first_byte_ms: float | None = None
    slow: bool = False
    corrupt: bool = False
    detail: str = ""
    hint: str = ""
    vantage: str = ""  # the other vantage point that made it; empty for the server

    @property
    def is_well(self) -> bool:
        return self.outcome == "ok" and not self.corrupt


class CheckRound(Noun, frozen=True, kw_only=True):
    """One check of a bucket, operation by operation."""

    id: str
    time: datetime
    bucket: str
    outcome: str
    duration_ms: float = 0
    checks: Sequence[Check] = ()
    network: Network = Network()
    diagnosis: str = ""

    @property
    def is_well(self) -> bool:
        return all(check.is_well for check in self.checks)


class VantagePoint(Noun, frozen=True, kw_only=True):
    """Another machine that checks the server's buckets."""

    id: str
    name: str
    node: str = ""
    heard: bool = False
    heard_at: datetime | None = None


class StatusChange(Noun, frozen=True, kw_only=True):
    id: str
    at: datetime
    bucket: str
    before: str
    after: str
    reason: str = ""


class Figures(Noun, frozen=True, kw_only=True):
    """What a breaker counted."""

    calls: int = 0
    failures: int = 0
    slow: int = 0
    consecutive: int = 0
    throttled: int = 0


class Breaker(Noun, frozen=True, kw_only=True):
    """A bucket's circuit breaker."""

    bucket: str
    state: str
    mode: str
    epoch: int
    until: datetime | None = None
    reason: str = ""
    changed_at: datetime | None = None
    actor: str = ""
    automatic: bool = False
    figures: Figures = Figures()


class Transition(Noun, frozen=True, kw_only=True):
    """A change of a breaker."""

    id: str
    at: datetime
    bucket: str
    before: str
    after: str
    mode: str
    epoch: int
    until: datetime | None = None
    reason: str = ""
    actor: str = ""


class HealthConfig(Noun, frozen=True, kw_only=True):
    """How buckets are watched; times are milliseconds."""

    check_interval: int
    timeout: int
    failure_threshold: int
    recovery_timeout: int
    monitoring_window: int
    slow_response_threshold: int
    test_operations: Sequence[str]
    alert_on_failure: bool
    alert_on_recovery: bool
    enabled: bool
    quorum: int = 0


class BucketConfig(Noun, frozen=True, kw_only=True):
    """`own` is what is set for the bucket alone, by its name in JSON."""

    bucket: str
    own: Mapping[str, Any] = {}
    effective: HealthConfig


class ProbeCost(Noun, frozen=True, kw_only=True):
    """Requests of checks in 30 days, by billing class."""

    bucket: str = ""  # empty for all together
    class_a: int = 0
    class_b: int = 0
    free: int = 0


class ProbeCosts(Noun, frozen=True, kw_only=True):
    total: ProbeCost
    items: Sequence[ProbeCost] = ()


class DayUptime(Noun, frozen=True, kw_only=True):
    """Seconds of a day in each status."""

    day: date
    healthy: float = 0
    degraded: float = 0
    unhealthy: float = 0
    unknown: float = 0
    uptime: float | None = None


class BucketUptime(Noun, frozen=True, kw_only=True):
    """`uptime` is a share of the time that is known, None where none is."""

    bucket: str
    days: Sequence[DayUptime] = ()
    uptime: float | None = None
