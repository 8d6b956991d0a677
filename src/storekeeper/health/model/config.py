"""How buckets are checked: settings for all of them, and changes for one. Their names are fixed."""

from typing import Annotated

import msgspec

from storekeeper.kernel.errors import BadInputError
from storekeeper.objectstore.probing import ProbeOperation

_DAY_MS = 86_400_000
Milliseconds = Annotated[int, msgspec.Meta(ge=1000, le=_DAY_MS)]
Brief = Annotated[int, msgspec.Meta(ge=100, le=60_000)]
Count = Annotated[int, msgspec.Meta(ge=1, le=100)]
Quorum = Annotated[int, msgspec.Meta(ge=0, le=100)]


class HealthConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How buckets are watched. All times are milliseconds."""

    check_interval: Milliseconds = 30_000
    timeout: Brief = 5_000  # of each operation of a check
    # Failed checks in a row until a bucket is called unhealthy and its breaker opens.
    failure_threshold: Count = 3
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


class HealthConfigError(BadInputError):
    """The settings of health checks contradict each other, or are missing."""

    slug, title = "bad-health-config", "Invalid health settings"
