"""Health as metrics."""

from collections.abc import Iterable
from contextlib import suppress

from storekeeper.health.model import CheckRound, Status
from storekeeper.infra import telemetry
from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import Outcome, State


def of_round(taken: CheckRound) -> None:
    for check in taken.checks:
        telemetry.bucket_probes.labels(taken.bucket, check.operation, check.outcome).inc()
        telemetry.bucket_probe_seconds.labels(taken.bucket, check.operation).set(check.latency_ms / 1000)


def of_status(bucket: str, status: Status) -> None:
    """A bucket of which nothing is known has no sample."""
    if status is Status.UNKNOWN:
        with suppress(KeyError):
            telemetry.bucket_up.remove(bucket)
    else:
        telemetry.bucket_up.labels(bucket).set(status is not Status.UNHEALTHY)


def of_breaker(bucket: str, now: State) -> None:
    for state in State:
        telemetry.breaker_state.labels(bucket, state).set(state is now)


def forget(bucket: str) -> None:
    """The bucket is gone."""
    of_status(bucket, Status.UNKNOWN)
    _remove(telemetry.breaker_state, [(bucket, state) for state in State])
    _remove(telemetry.bucket_probe_seconds, [(bucket, operation) for operation in ProbeOperation])
    _remove(
        telemetry.bucket_probes,
        [(bucket, operation, outcome) for operation in ProbeOperation for outcome in Outcome],
    )


def _remove(metric: telemetry.Labeled, labels: Iterable[tuple[str, ...]]) -> None:
    for each in labels:
        with suppress(KeyError):
            metric.remove(*each)
