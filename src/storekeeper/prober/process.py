"""The process of a vantage point: two threads and the rounds, until SIGTERM or Ctrl-C."""

import random
import signal
import threading
from collections.abc import Callable

import structlog

from storekeeper.infra import structs
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError
from storekeeper.prober.agenda import Agenda
from storekeeper.prober.courier import Courier, Server
from storekeeper.prober.outbox import Outbox
from storekeeper.prober.watching import Watcher
from storekeeper_client import ApiError, Client

GATHER_SECONDS = 0.5  # so that rounds share a report
_PATIENCE = 10.0  # seconds for an answer of the server

log = structlog.get_logger("prober")


class RefusedError(StorekeeperError):
    """The server does not take this process for a vantage point: it has no API key with the scope probe."""

    slug, title, status = "vantage-refused", "Refused as a vantage point", 403


def serve(url: str, token: str, *, clock: Clock, ready: Callable[[], None] = lambda: None) -> None:
    """Check the server's buckets from here until told to stop. Raises RefusedError, and ValueError for no such address."""
    structs.prepare()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with Client(url, token=token, timeout=_PATIENCE) as client:
        process = Process(client, clock, stopping)
        ready()
        process.run()


class Process:
    """`run` returns when `stopping` is set, and what was found is with the server if that is there."""

    def __init__(self, client: Server, clock: Clock, stopping: threading.Event) -> None:
        self._stopping = stopping
        self.agenda, self.outbox = Agenda(clock), Outbox()
        self.courier = Courier(client, self.agenda, self.outbox, clock, random.random)
        self.watcher = Watcher(clock, self.agenda, self.outbox)
        self._thread = threading.Thread(target=self._carry, name="prober-courier", daemon=True)
        self._refused: ApiError | None = None

    def run(self) -> None:
        """Raises RefusedError."""
        self._thread.start()
        while not self._stopping.is_set():
            self._stopping.wait(self.watcher.step())
        self.watcher.stop()
        self.outbox.release()
        self._thread.join()
        if self._refused:
            raise RefusedError(
                self._refused.detail, hint="Make a key: storekeeper token create NAME --scope probe"
            )
        log.info("stopped", rounds=self.watcher.rounds, undelivered=len(self.outbox), lost=self.outbox.lost)

    def _carry(self) -> None:
        while not self._stopping.is_set():
            pause = self._step()
            if self.courier.failures:
                self._stopping.wait(pause)
            else:
                self.outbox.wait(pause)
                self._stopping.wait(GATHER_SECONDS)
        if len(self.outbox) and not self._refused:
            self._step()

    def _step(self) -> float:
        try:
            return self.courier.step()
        except ApiError as error:
            self._refused = error
            self._stopping.set()
            return 0.0
