"""A round as it was found, in the words of health: what is recorded, shown and counted."""

from datetime import datetime, timedelta

from storekeeper.health.model import Check, CheckRound, NetworkFigures
from storekeeper.objectstore.probing import Network, Probed, Round, diagnose
from storekeeper_client.breaker import Outcome


def described(
    bucket: str,
    found: Round,
    *,
    identity: str,
    began: datetime,
    seconds: float,
    outcome: Outcome,
    slow_from: int,
    vantage: str = "",
) -> CheckRound:
    """Made on a bucket by the vantage point of that name, or by this server; slow from so many milliseconds on."""
    time = began.replace(microsecond=began.microsecond // 1000 * 1000)  # as precise as it is stored
    return CheckRound(
        id=identity,
        time=time,
        bucket=bucket,
        outcome=outcome,
        duration_ms=round(seconds * 1000, 3),
        checks=[_check(one, identity, time, bucket, slow_from, vantage) for one in found.operations],
        network=_figures(found.network, began),
        diagnosis=diagnose(found.operations),
    )


def _check(one: Probed, round_id: str, time: datetime, bucket: str, slow_from: int, vantage: str) -> Check:
    return Check(
        id=f"{round_id}.{one.operation}",
        time=time,
        bucket=bucket,
        operation=one.operation,
        outcome=one.outcome,
        failure=one.failure or "",
        status=one.status,
        code=one.code,
        latency_ms=round(one.latency * 1000, 3),
        first_byte_ms=_millis(one.first_byte),
        slow=one.outcome is Outcome.OK and one.latency * 1000 >= slow_from,
        corrupt=one.corrupt,
        detail=one.detail,
        hint=one.hint,
        vantage=vantage,
    )


def _figures(network: Network, now: datetime) -> NetworkFigures:
    days = None
    if network.certificate_until is not None:
        days = round((network.certificate_until - now) / timedelta(days=1), 2)
    return NetworkFigures(
        dns_ms=_millis(network.dns),
        connect_ms=_millis(network.connect),
        tls_ms=_millis(network.tls),
        certificate_days=days,
        clock_skew_ms=_millis(network.clock_skew),
    )


def _millis(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
