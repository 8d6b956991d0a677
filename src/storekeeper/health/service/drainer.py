"""Moves rounds from the spool into analytics, each exactly once."""

import threading
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pyarrow as pa
import structlog

from storekeeper.health.analytics import HealthAnalytics
from storekeeper.health.service.records import Record, rows, unpacked
from storekeeper.infra.spool import Spool, Stored
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError

MAX_ROUNDS = 20_000
MAX_BYTES = 32 << 20
IDLE_SECONDS = 60.0
# An insert costs the engine about as much for one row as for a thousand, so between two it rests a while.
GATHER_SECONDS, MOST_GATHER_SECONDS, REST = 2.0, 10.0, 20
RETRY_SECONDS = 5.0
IDS_KEPT = timedelta(minutes=10)  # far longer than anything is written again

log = structlog.get_logger("health")


class HealthDrainer:
    """One thread. A range of the spool goes out in one insert under the range's token, which the engine recognizes."""

    def __init__(self, spool: Spool, analytics: HealthAnalytics, clock: Clock) -> None:
        self._spool, self._analytics, self._clock = spool, analytics, clock
        self._stopping = threading.Event()
        self._moving = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="health-drainer", daemon=True)
        self._forgot = clock.monotonic()
        self.last_error = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the range at hand and stop."""
        self._stopping.set()
        self._spool.release()
        if self._thread.is_alive():
            self._thread.join()

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
            self.last_error = ""
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

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                begun = self._clock.monotonic()
                moved = self.drain_once()
                rest = REST * (self._clock.monotonic() - begun)
                self._forget_ids(begun)
                if not moved:
                    self._spool.wait(IDLE_SECONDS)
                    continue
                self._stopping.wait(min(max(rest, GATHER_SECONDS), MOST_GATHER_SECONDS))
            except (StorekeeperError, pa.ArrowException) as error:
                self.last_error = str(error)
                log.warning("health checks wait in the spool", error=self.last_error)
                self._stopping.wait(RETRY_SECONDS)
            except Exception as error:  # whatever it is, what is in the spool is safe and is tried again
                self.last_error = f"{type(error).__name__}: {error}"
                log.exception("health checks wait in the spool")
                self._stopping.wait(RETRY_SECONDS)
