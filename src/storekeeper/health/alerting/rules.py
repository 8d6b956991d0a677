"""When something is wrong with a bucket, how bad it is, and what that makes of its alerts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from storekeeper.health.alerting.model import AlertKind, Severity
from storekeeper.health.model import BreakerTransition, HealthConfig, OperationHealth
from storekeeper.health.rules.status import KEPT
from storekeeper.kernel.units import format_percent
from storekeeper_client.breaker import Mode, State

ERROR_RATE, CRITICAL_ERROR_RATE = 0.2, 0.5
CRITICAL_MS = 5000
SEVERAL = 2  # operations that fail
_BAD = frozenset("ftxc")
_UNKNOWN = "u"
OF_CHECKS = (AlertKind.HIGH_ERROR_RATE, AlertKind.SLOW_RESPONSE, AlertKind.SERVICE_DEGRADED)


class Condition(NamedTuple):
    """Something that is wrong, and how bad it is."""

    severity: Severity
    summary: str


class Moves(NamedTuple):
    """What becomes of a bucket's alerts."""

    began: list[AlertKind]
    ended: list[AlertKind]
    recovered: bool  # nothing is wrong any more


def of_checks(operations: Sequence[OperationHealth], config: HealthConfig) -> dict[AlertKind, Condition]:
    """What is wrong by the last checks of each operation."""
    found = {
        AlertKind.HIGH_ERROR_RATE: _error_rate(operations, config),
        AlertKind.SLOW_RESPONSE: _slow(operations, config),
        AlertKind.SERVICE_DEGRADED: _degraded(operations, config),
    }
    return {kind: condition for kind, condition in found.items() if condition}


def seen_from_here_only(
    holds: Mapping[AlertKind, Condition],
    operations: Sequence[OperationHealth],
    config: HealthConfig,
    *,
    down: bool,
) -> dict[AlertKind, Condition]:
    """The same, not critical where the bucket is not `down` although everything fails here: other places reach it."""
    if down or not all(one.streak >= config.failure_threshold for one in operations):
        return dict(holds)
    return {
        kind: one._replace(severity=Severity.HIGH) if one.severity is Severity.CRITICAL else one
        for kind, one in holds.items()
    }


def of_breaker(transition: BreakerTransition) -> dict[AlertKind, Condition]:
    """Whether the breaker is open by its last transition. While it tries whether the bucket works, it is not closed yet."""
    if transition.mode is Mode.FORCED_OPEN:
        summary = f"{transition.actor} forced the circuit breaker open: {transition.reason}"
        return {AlertKind.CIRCUIT_BREAKER_OPEN: Condition(Severity.MEDIUM, summary)}
    if transition.after is State.CLOSED:
        return {}
    summary = f"The circuit breaker is open: {transition.reason}"
    return {AlertKind.CIRCUIT_BREAKER_OPEN: Condition(Severity.CRITICAL, summary)}


def moves(
    active: Iterable[AlertKind],
    holds: Mapping[AlertKind, Condition],
    judged: Iterable[AlertKind],
    *,
    raising: bool,
) -> Moves:
    """`active` are the bucket's alerts whose condition has not ended; only the kinds that were `judged` change.

    Unless `raising`, nothing begins.
    """
    known, considered = set(active), list(judged)
    began = [kind for kind in considered if kind in holds and kind not in known and raising]
    ended = [kind for kind in considered if kind not in holds and kind in known]
    left = (known - set(ended)) | set(began)
    return Moves(began, ended, recovered=bool(ended) and not left)


def window(config: HealthConfig) -> int:
    """How many checks of an operation fit into the monitoring window, of those that are remembered."""
    return max(1, min(config.monitoring_window // config.check_interval, KEPT))


def _error_rate(operations: Sequence[OperationHealth], config: HealthConfig) -> Condition | None:
    size = window(config)
    recent = [one.recent[-size:] for one in operations]
    least = max(min(config.failure_threshold, size), size // 2)
    if max(map(len, recent), default=0) < least:
        return None  # too few to tell a rate
    checks = sum(letter != _UNKNOWN for letters in recent for letter in letters)
    failed = sum(letter in _BAD for letters in recent for letter in letters)
    rate = failed / checks if checks else 0.0
    if rate <= ERROR_RATE:
        return None
    severity = Severity.CRITICAL if rate > CRITICAL_ERROR_RATE else Severity.HIGH
    return Condition(severity, f"{format_percent(rate)} of the last {checks} checks failed.")


def _slow(operations: Sequence[OperationHealth], config: HealthConfig) -> Condition | None:
    least = min(config.failure_threshold, KEPT)
    slow = [one for one in operations if len(one.recent) - len(one.recent.rstrip("s")) >= least]
    if not slow:
        return None
    worst = max(one.latency_ms for one in slow)
    severity = Severity.CRITICAL if worst > CRITICAL_MS else Severity.MEDIUM
    each = ", ".join(f"{one.operation.upper()} {one.latency_ms:.0f} ms" for one in slow)
    return Condition(severity, f"Slow in {least} checks in a row: {each}.")


def _degraded(operations: Sequence[OperationHealth], config: HealthConfig) -> Condition | None:
    failing = [one for one in operations if one.streak >= config.failure_threshold]
    if len(failing) < SEVERAL:
        return None
    severity = Severity.CRITICAL if len(failing) == len(operations) else Severity.HIGH
    each = ", ".join(f"{one.operation.upper()} ({one.problem})" for one in failing)
    return Condition(severity, f"{len(failing)} of {len(operations)} operations fail: {each}.")
