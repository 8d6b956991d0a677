"""Moves rounds from the spool into analytics, each exactly once."""

import threading
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import structlog

from storekeeper.health.analytics import HealthAnalytics
from storekeeper.health.service.records import Record, rows, unpacked
from storekeeper.infra.draining import Draining, Pace
from storekeeper.infra.spool import Spool, Stored
from storekeeper.kernel.clock import Clock

MAX_ROUNDS = 20_000
MAX_BYTES = 32 << 20
PACE = Pace(least_seconds=2.0, most_seconds=10.0, times=20, enough=MAX_ROUNDS)
IDS_KEPT = timedelta(minutes=10)  # far longer than anything is written again

log = structlog.get_logger("health")


class HealthDrainer:
    """A range of the spool goes out in one insert under the range's token, which the engine recognizes."""

    def __init__(self, spool: Spool, analytics: HealthAnalytics, clock: Clock) -> None:
        self._spool, self._analytics, self._clock = spool, analytics, clock
        self._moving = threading.Lock()
        self._forgot = clock.monotonic()
        self._draining = Draining(self._turn, spool, clock, name="health", pace=PACE)
        self.start, self.stop = self._draining.start, self._draining.stop

    @property
    def last_error(self) -> str:
        return self._draining.last_error

    def _turn(self) -> int:
        self._forget_ids(self._clock.monotonic())
        return self.drain_once()

    def drain_once(self) -> int:
        """Move one range; how many rounds it had. Raises UnavailableError when the engine refuses."""
        with self._moving:
            departure = self._spool.depart(max_items=MAX_ROUNDS, max_bytes=MAX_BYTES)
            if departure is None:
                return 0
            records = self._readable(departure.bodies)
            if records:
                self._analytics.insert(rows(records), token=f"health-{departure.token}")
            self._spool.departed(departure)
            return len(departure.bodies)

    def _readable(self, bodies: Sequence[Stored]) -> list[Record]:
        found = []
        for stored in bodies:
            try:
                if not stored.intact:
                    raise msgspec.DecodeError("checksum does not match")
                found.append(unpacked(stored.body))
            except msgspec.MsgspecError as error:
                log.exception("a round in the spool is damaged and was set aside", round=stored.seq)
                self._spool.quarantine(stored.seq, f"unreadable: {error}")
        return found

    def _forget_ids(self, now: float) -> None:
        """Rounds are many, and their ids would soon take more room than all else."""
        if now - self._forgot >= IDS_KEPT.total_seconds():
            self._forgot = now
            self._spool.forget(IDS_KEPT)
