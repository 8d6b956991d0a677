"""Sums of checks over hours and days, and how the monitor itself is doing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from storekeeper.objectstore.probing import ProbeOperation


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
