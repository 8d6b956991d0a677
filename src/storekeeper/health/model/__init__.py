"""Nouns of health. Durations in milliseconds end in `_ms`, or are settings of `HealthConfig`, whose names are fixed."""

from storekeeper.health.model.breaker import (
    BreakerAction,
    BreakerEvent,
    BreakerOrder,
    BreakerShareError,
    BreakerTransition,
    BreakerView,
    TransitionPage,
)
from storekeeper.health.model.check import Check, CheckPage, CheckRound, NetworkFigures, ProbeCost
from storekeeper.health.model.config import (
    Brief,
    Count,
    HealthChange,
    HealthConfig,
    HealthConfigError,
    Milliseconds,
    Quorum,
)
from storekeeper.health.model.figures import (
    BucketUptime,
    DayUptime,
    ErrorBudget,
    HealthMetrics,
    MonitorStats,
    OperationMetrics,
)
from storekeeper.health.model.status import (
    BucketHealth,
    OperationHealth,
    Status,
    StatusChange,
    StatusChangePage,
    VantageHealth,
)

SYSTEM = "system"  # the actor of what nobody asked for

__all__ = [
    "SYSTEM",
    "BreakerAction",
    "BreakerEvent",
    "BreakerOrder",
    "BreakerShareError",
    "BreakerTransition",
    "BreakerView",
    "Brief",
    "BucketHealth",
    "BucketUptime",
    "Check",
    "CheckPage",
    "CheckRound",
    "Count",
    "DayUptime",
    "ErrorBudget",
    "HealthChange",
    "HealthConfig",
    "HealthConfigError",
    "HealthMetrics",
    "Milliseconds",
    "MonitorStats",
    "NetworkFigures",
    "OperationHealth",
    "OperationMetrics",
    "ProbeCost",
    "Quorum",
    "Status",
    "StatusChange",
    "StatusChangePage",
    "TransitionPage",
    "VantageHealth",
]
