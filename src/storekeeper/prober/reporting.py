"""A round as it is found, and as it is told to the server: in its bounds, and back."""

from storekeeper.objectstore.probing import Network, Probed, Round
from storekeeper.prober.model import (
    LONGEST_CODE,
    LONGEST_WORDS,
    ReportedCheck,
    ReportedNetwork,
    ReportedRound,
)


def reported(ticket: str, found: Round, *, late: float, seconds: float) -> ReportedRound:
    """What to tell; times in seconds."""
    network = found.network
    return ReportedRound(
        ticket=ticket,
        late_ms=_millis(late) or 0.0,
        duration_ms=_millis(seconds) or 0.0,
        checks=[_told(one) for one in found.operations],
        network=ReportedNetwork(
            dns_ms=_millis(network.dns),
            connect_ms=_millis(network.connect),
            tls_ms=_millis(network.tls),
            certificate_until=network.certificate_until,
            clock_skew_ms=None if network.clock_skew is None else network.clock_skew * 1000,
        ),
    )


def found_by(told: ReportedRound) -> Round:
    """What was told, as if it had been found here."""
    network = told.network
    return Round(
        operations=[_found(one) for one in told.checks],
        network=Network(
            dns=_seconds(network.dns_ms),
            connect=_seconds(network.connect_ms),
            tls=_seconds(network.tls_ms),
            certificate_until=network.certificate_until,
            clock_skew=_seconds(network.clock_skew_ms),
        ),
    )


def _told(one: Probed) -> ReportedCheck:
    return ReportedCheck(
        operation=one.operation,
        outcome=one.outcome,
        failure=one.failure,
        status=one.status,
        code=one.code[:LONGEST_CODE],
        corrupt=one.corrupt,
        latency_ms=_millis(one.latency) or 0.0,
        first_byte_ms=_millis(one.first_byte),
        detail=one.detail[:LONGEST_WORDS],
        hint=one.hint[:LONGEST_WORDS],
    )


def _found(one: ReportedCheck) -> Probed:
    return Probed(
        operation=one.operation,
        outcome=one.outcome,
        failure=one.failure,
        corrupt=one.corrupt,
        status=one.status,
        code=one.code,
        latency=one.latency_ms / 1000,
        first_byte=_seconds(one.first_byte_ms),
        detail=one.detail,
        hint=one.hint,
    )


def _millis(seconds: float | None) -> float | None:
    return None if seconds is None else round(max(seconds, 0.0) * 1000, 3)


def _seconds(millis: float | None) -> float | None:
    return None if millis is None else millis / 1000
