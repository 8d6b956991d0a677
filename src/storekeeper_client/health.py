"""What the API tells of the health of buckets, and the calls for it. Words such as states are as the server spells them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from .model import Noun, Page
from .session import Session

T = TypeVar("T")

ROUND_TIMEOUT = 150.0  # seconds for checks that are waited for; a bucket that does not answer takes its time
_ROOT = "/api/health"
_BREAKERS = f"{_ROOT}/circuit-breaker"


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


class HealthCalls:
    """The calls, for `Client`."""

    _session: Session

    def readiness(self) -> Readiness:
        """How the server and its parts are, also where it is not well; anybody may ask."""
        return self._asked(Readiness, _ROOT, also=HTTPStatus.SERVICE_UNAVAILABLE)

    def bucket_health(self, bucket: str) -> BucketHealth:
        return self._asked(BucketHealth, f"{_ROOT}/buckets/{quote(bucket, safe='')}")

    def vantage_points(self) -> list[VantagePoint]:
        """Those that were heard in the last day."""
        return self._asked(Page[VantagePoint], f"{_ROOT}/vantage").items

    def check(self, bucket: str = "") -> list[CheckRound]:
        """Check a bucket now, or all of them, and wait for it."""
        body = {"bucket": bucket}
        return self._session.call(
            "POST", f"{_ROOT}/check", Page[CheckRound], body=body, query={}, timeout=ROUND_TIMEOUT
        ).items

    def start_monitoring(self) -> None:
        self._done(f"{_ROOT}/monitoring/start")

    def stop_monitoring(self) -> None:
        self._done(f"{_ROOT}/monitoring/stop")

    def checks(self, *, bucket: str = "", limit: int = 100) -> list[Check]:
        """The latest, newest first."""
        return self._asked(Page[Check], f"{_ROOT}/history", bucket=bucket, limit=limit).items

    def status_changes(self, *, bucket: str = "", limit: int = 100) -> list[StatusChange]:
        """The latest, newest first."""
        return self._asked(Page[StatusChange], f"{_ROOT}/changes", bucket=bucket, limit=limit).items

    def uptime(self, *, days: int = 90, bucket: str = "") -> list[BucketUptime]:
        return self._asked(Page[BucketUptime], f"{_ROOT}/uptime", days=days, bucket=bucket).items

    def breakers(self) -> list[Breaker]:
        return self._asked(Page[Breaker], _BREAKERS).items

    def breaker(self, bucket: str) -> Breaker:
        (found,) = self._asked(Page[Breaker], _BREAKERS, bucket=bucket).items
        return found

    def breaker_transitions(self, *, bucket: str = "", limit: int = 100) -> list[Transition]:
        """The latest, newest first."""
        return self._asked(Page[Transition], f"{_BREAKERS}/transitions", bucket=bucket, limit=limit).items

    def order_breaker(self, verb: str, bucket: str, **fields: Any) -> Breaker:
        """`reset`, `open`, `close` or `mode`, with `reason`, `seconds` and `mode` as in the API's JSON."""
        given = {name: value for name, value in fields.items() if value not in (None, "")}
        body = {"bucket": bucket} | given
        return self._session.call("POST", f"{_BREAKERS}/{verb}", Breaker, body=body, query={})

    def health_config(self) -> HealthConfig:
        return self._asked(HealthConfig, f"{_ROOT}/config")

    def change_health_config(self, settings: Mapping[str, Any]) -> HealthConfig:
        """Settings by their names in JSON; only what is given changes."""
        return self._session.call("PUT", f"{_ROOT}/config", HealthConfig, body=settings, query={})

    def bucket_health_config(self, bucket: str) -> BucketConfig:
        return self._asked(BucketConfig, f"{_ROOT}/config/{quote(bucket, safe='')}")

    def change_bucket_health_config(self, bucket: str, settings: Mapping[str, Any]) -> BucketConfig:
        """The same for one bucket; None goes back to what holds for all."""
        path = f"{_ROOT}/config/{quote(bucket, safe='')}"
        return self._session.call("PUT", path, BucketConfig, body=settings, query={})

    def probe_cost(self, bucket: str = "") -> ProbeCosts:
        return self._asked(ProbeCosts, f"{_ROOT}/probe-cost", bucket=bucket)

    def _asked(self, returns: type[T], path: str, *, also: int = 0, **query: Any) -> T:
        return self._session.call("GET", path, returns, body=None, query=query, also=also)

    def _done(self, path: str) -> None:
        self._session.call("POST", path, dict[str, Any], body=None, query={})
