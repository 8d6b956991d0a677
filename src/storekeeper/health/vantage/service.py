"""Gives vantage points their rounds, and takes what they found."""

from collections.abc import Sequence
from concurrent.futures import Future, wait
from datetime import datetime

from storekeeper.buckets import BucketService
from storekeeper.health.service import HealthService
from storekeeper.health.sightings import Vantage, VantagePoint
from storekeeper.health.vantage import rules, tickets
from storekeeper.health.vantage.planning import Planner
from storekeeper.infra.web import Principal
from storekeeper.kernel.clock import Clock
from storekeeper.prober.model import RefusedRound, ReportedRound, ReportReply, VantagePlan
from storekeeper.prober.reporting import found_by

_PATIENCE = 10.0  # seconds for rounds to be recorded
_GONE = "The bucket is not watched any more."


class VantageService:
    """`key` is that of the tickets. A vantage point is an API key, and goes by that key's name."""

    def __init__(self, health: HealthService, buckets: BucketService, clock: Clock, *, key: bytes) -> None:
        self._health, self._clock, self._key = health, clock, key
        self._planner = Planner(health, buckets, clock, key=key)

    def points(self) -> Sequence[VantagePoint]:
        """Those that were heard in the last day, by name."""
        return self._health.vantages.points()

    def plan(self, caller: Principal, *, after: datetime | None = None, version: str = "") -> VantagePlan:
        """The caller's rounds after a moment, signed; from now on where another version of the plan holds now."""
        return self._planner.plan(_vantage(caller), after=after, version=version)

    def take(self, caller: Principal, rounds: Sequence[ReportedRound]) -> ReportReply:
        """Recorded when this returns. What was not planned for the caller is refused."""
        vantage, refused = _vantage(caller), list[RefusedRound]()
        recorded: list[Future[None]] = []
        for index, told in enumerate(rounds):
            found = self._taken(vantage, told)
            if isinstance(found, str):
                refused.append(RefusedRound(index=index, reason=found))
            else:
                recorded.append(found)
        wait(recorded, timeout=_PATIENCE)
        return ReportReply(accepted=len(recorded), rejected=refused)

    def _taken(self, vantage: Vantage, told: ReportedRound) -> "Future[None] | str":
        """When it is recorded, or why it is not taken."""
        ticket = tickets.presented(told.ticket, self._key)
        reason = rules.refusal(ticket, told, vantage.id, self._clock.now())
        if ticket is None or reason:
            return reason
        begun = rules.begun_at(ticket, told)
        recorded = self._health.vantages.hear(
            ticket.bucket_id, vantage, ticket.round, found_by(told), begun, told.duration_ms / 1000
        )
        return _GONE if recorded is None else recorded


def _vantage(caller: Principal) -> Vantage:
    return Vantage(id=caller.id, name=caller.name, node=rules.node_of(caller.id, caller.name))
