"""Which settings hold for a bucket, and what they mean for its breaker and its bill."""

from collections.abc import Mapping
from typing import Any

import msgspec

from storekeeper.health.model import HealthChange, HealthConfig, HealthConfigError, ProbeCost
from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import BreakerConfig

SWEEPS_A_MONTH = 720  # hourly
_MONTH_MS = 30 * 86_400_000
_CLASS_A = frozenset({ProbeOperation.PUT, ProbeOperation.LIST})
_CLASS_B = frozenset({ProbeOperation.GET, ProbeOperation.HEAD})


def given(change: HealthChange) -> dict[str, Any]:
    """What a change says, null included."""
    return {
        name: value for name, value in msgspec.structs.asdict(change).items() if value is not msgspec.UNSET
    }


def changed(config: HealthConfig, change: HealthChange) -> HealthConfig:
    """The config after a change. Raises HealthConfigError."""
    said = given(change)
    if missing := sorted(name for name, value in said.items() if value is None):
        raise HealthConfigError(f"{', '.join(missing)}: there is nothing above to inherit from.")
    return checked(msgspec.structs.replace(config, **said))


def merged(before: HealthChange, change: HealthChange) -> HealthChange:
    """A bucket's own settings after a change: null takes one away again."""
    said = given(before) | given(change)
    return HealthChange(**{name: value for name, value in said.items() if value is not None})


def effective(config: HealthConfig, own: HealthChange | None) -> HealthConfig:
    """What holds for a bucket with settings of its own. Switched off in general is off for each."""
    if own is None:
        return config
    found = checked(msgspec.structs.replace(config, **given(own)))
    return msgspec.structs.replace(found, enabled=found.enabled and config.enabled)


def checked(config: HealthConfig) -> HealthConfig:
    """The config, each of its operations once and in the order of a round. Raises HealthConfigError."""
    operations = [one for one in ProbeOperation if one in config.test_operations]
    if not operations:
        raise HealthConfigError("testOperations is empty.", hint="Name at least one; get is the cheapest.")
    if config.timeout > config.check_interval:
        raise HealthConfigError("timeout is longer than checkInterval.", hint="Checks would overlap.")
    if config.slow_response_threshold > config.timeout:
        raise HealthConfigError("slowResponseThreshold is longer than timeout: nothing could ever be slow.")
    return msgspec.structs.replace(config, test_operations=tuple(operations))


def differences(before: HealthConfig, after: HealthConfig) -> Mapping[str, str]:
    """Old and new value of what changed, in words."""
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(after)
    return {name: f"{old[name]} → {value}" for name, value in new.items() if old[name] != value}


def longest_round(config: HealthConfig) -> float:
    """Seconds after which a round is over for certain: connecting anew for each operation, and cleaning up."""
    return (len(config.test_operations) + 1) * 2 * config.timeout / 1000


def breaker_config(config: HealthConfig) -> BreakerConfig:
    """A breaker that is fed by rounds. The time open does not double: only probes try, and they go on anyway.

    Rates mean nothing below so many rounds that half of them are as many failures as may be in a row.
    """
    recovery = config.recovery_timeout / 1000
    expected = config.monitoring_window // config.check_interval
    return BreakerConfig(
        monitoring_window=config.monitoring_window / 1000,
        min_calls=max(2 * config.failure_threshold, expected // 2),
        failure_threshold=config.failure_threshold,
        slow_call_threshold=config.slow_response_threshold / 1000,
        recovery_timeout=recovery,
        longest_recovery=recovery,
        lease=max(longest_round(config), 60.0),
    )


def cost(config: HealthConfig) -> ProbeCost:
    """A bucket's requests in 30 days. What is put is deleted again, which no provider bills."""
    if not config.enabled:
        return ProbeCost(class_a=0, class_b=0, free=0)
    rounds = _MONTH_MS // config.check_interval
    tested = frozenset(config.test_operations)
    stores = ProbeOperation.PUT in tested
    return ProbeCost(
        class_a=rounds * len(tested & _CLASS_A) + SWEEPS_A_MONTH,
        class_b=rounds * len(tested & _CLASS_B),
        free=rounds if stores or ProbeOperation.DELETE in tested else 0,
    )
