"""Moves operations from the spool into analytics, each exactly once."""

import threading
from collections.abc import Sequence

import pyarrow as pa
import structlog

from storekeeper.infra.spool import Departure, Spool, Stored
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError
from storekeeper.metering.analytics import MeteringAnalytics

MAX_ITEMS = 250_000
MAX_BYTES = 128 << 20
IDLE_SECONDS = 1.0
RETRY_SECONDS = 5.0

log = structlog.get_logger("metering")


class Drainer:
    """One thread. A range of the spool goes out in one insert under the range's token; after a crash the same range
    goes out again, and the engine recognizes the token.
    """

    def __init__(self, spool: Spool, analytics: MeteringAnalytics, clock: Clock) -> None:
        self._spool = spool
        self._analytics = analytics
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metering-drainer", daemon=True)
        self.drained = 0
        self.last_error = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the range at hand and stop."""
        self._stopping.set()
        self._spool.wake()
        if self._thread.is_alive():
            self._thread.join()

    def drain_once(self) -> bool:
        """Move one range; whether there was one. Raises UnavailableError when the engine refuses."""
        departure = self._spool.depart(max_items=MAX_ITEMS, max_bytes=MAX_BYTES)
        if departure is None:
            return False
        tables = self._readable(departure.bodies)
        if tables:
            rows = pa.concat_tables(tables)
            self._analytics.insert(rows, token=departure.token)
            self.drained += rows.num_rows
        self._finish(departure)
        return True

    def _finish(self, departure: Departure) -> None:
        self._spool.departed(departure)
        self.last_error = ""

    def _readable(self, bodies: Sequence[Stored]) -> list[pa.Table]:
        tables = []
        for stored in bodies:
            try:
                if not stored.intact:
                    raise pa.ArrowInvalid("checksum does not match")
                tables.append(pa.ipc.open_stream(stored.body).read_all())
            except pa.ArrowException as error:
                log.exception(
                    "a batch in the spool is damaged and was set aside", batch=stored.seq, error=str(error)
                )
                self._spool.quarantine(stored.seq, f"unreadable: {error}")
        return tables

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self.drain_once():
                    self._spool.wait(IDLE_SECONDS)
            except StorekeeperError as error:
                self.last_error = error.detail or error.title
                log.warning("operations wait in the spool", error=self.last_error)
                self._stopping.wait(RETRY_SECONDS)
            except Exception as error:  # whatever it is, what is in the spool is safe and is tried again
                self.last_error = f"{type(error).__name__}: {error}"
                log.exception("operations wait in the spool")
                self._stopping.wait(RETRY_SECONDS)
