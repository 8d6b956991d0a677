"""The thread that empties a spool, again and again, whatever fails on the way."""

import threading
from collections.abc import Callable

import msgspec
import structlog

from storekeeper.infra.spool import Spool
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError

IDLE_SECONDS = 60.0
RETRY_SECONDS = 5.0

log = structlog.get_logger("spool")


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Many small moves cost far more than few large ones: it rests `times` as long as the last one took, within bounds.

    `enough` items that come in meanwhile end the rest.
    """

    least_seconds: float
    most_seconds: float
    times: float
    enough: int


class Draining:
    """Calls `move`, which moves what it can and returns how many items it had."""

    def __init__(self, move: Callable[[], int], spool: Spool, clock: Clock, *, name: str, pace: Pace) -> None:
        self._move, self._spool, self._clock, self._pace = move, spool, clock, pace
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{name}-drainer", daemon=True)
        self._name = name
        self.last_error = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the move at hand and stop."""
        self._stopping.set()
        self._spool.release()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
                self.last_error = ""
            except StorekeeperError as error:
                self.last_error = error.detail or error.title
                log.warning("what came waits in the spool", of=self._name, error=self.last_error)
                self._stopping.wait(RETRY_SECONDS)
            except Exception as error:  # whatever it is, what is in the spool is safe and is tried again
                self.last_error = f"{type(error).__name__}: {error}"
                log.exception("what came waits in the spool", of=self._name)
                self._stopping.wait(RETRY_SECONDS)

    def _turn(self) -> None:
        begun = self._clock.monotonic()
        moved = self._move()
        rest = self._pace.times * (self._clock.monotonic() - begun)
        if not moved:
            self._spool.wait(IDLE_SECONDS)
        elif moved < self._pace.enough:
            seconds = min(max(rest, self._pace.least_seconds), self._pace.most_seconds)
            self._spool.wait(seconds, items=self._pace.enough)
