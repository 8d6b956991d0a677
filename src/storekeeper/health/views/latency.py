"""Latencies of checks as a chart, with the threshold from which on they are slow, and as a table."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from storekeeper.health.model import HealthConfig, HealthMetrics, OperationMetrics
from storekeeper.health.views.shared import View, rfc3339, seconds
from storekeeper.objectstore.probing import ProbeOperation

RANGES = [
    {"value": "24h", "label": "Day"},
    {"value": "7d", "label": "Week"},
    {"value": "30d", "label": "Month"},
    {"value": "90d", "label": "90 days"},
]
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_BY_DAY_FROM = timedelta(days=8)


def latency_chart(
    found: HealthMetrics, operation: ProbeOperation, config: HealthConfig, marks: Sequence[View]
) -> View | None:
    """Quantiles of one operation; a gap where nothing was answered. None without any."""
    points = {one.time: one for one in found.series if one.operation is operation and one.p50_ms is not None}
    if not points:
        return None
    times = axis(found)
    return {
        "kind": "line",
        "unit": "duration",
        "scale": "log",
        "times": [rfc3339(time) for time in times],
        "series": [
            {"name": name, "values": [_value(points.get(time), name) for time in times]}
            for name in ("p50", "p95", "p99")
        ],
        "limits": [{"label": "slow", "value": config.slow_response_threshold / 1000}],
        "marks": [_written(mark) for mark in marks],
    }


def axis(found: HealthMetrics) -> list[datetime]:
    """Every hour of the range, or every day (UTC) of a long one, the one under way included."""
    step = _DAY if found.until - found.since > _BY_DAY_FROM else _HOUR
    first = found.since
    if step is _DAY:
        midnight = first.replace(hour=0)
        first = midnight if midnight == first else midnight + _DAY
    return [first + step * number for number in range(max((found.until - first) // step, 0) + 1)]


def total_rows(found: Sequence[OperationMetrics]) -> list[View]:
    """Sums of the range by operation, in the order of a round."""
    order = list(ProbeOperation)
    return [
        {
            "operation": one.operation,
            "name": one.operation.upper(),
            "checks": one.checks,
            "bad": one.failures + one.throttled + one.refused,
            "error_rate": one.error_rate,
            "slow": one.slow,
            "p50": seconds(one.p50_ms),
            "p95": seconds(one.p95_ms),
            "p99": seconds(one.p99_ms),
        }
        for one in sorted(found, key=lambda one: order.index(one.operation))
    ]


def _value(point: OperationMetrics | None, name: str) -> float | None:
    return seconds(getattr(point, f"{name}_ms")) if point else None


def _written(mark: View) -> View:
    return mark | {"time": rfc3339(mark["time"]), "until": rfc3339(mark["until"])}
