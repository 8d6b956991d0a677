"""Makes rounds durable, first in the spool, then what follows from them in the control database."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import islice

import structlog

from storekeeper.health.service.journal import Journal
from storekeeper.health.service.records import Record, packed
from storekeeper.infra.spool import Entry, Spool
from storekeeper.kernel.errors import StorekeeperError

SOURCE = "health"
MOST_WAITING = 10_000  # rounds that are kept in memory while nothing can be written
_GROUP = 256
_GATHER_SECONDS = 0.1  # so that many rounds share a commit

_Item = tuple[Record | None, Future[None]]

log = structlog.get_logger("health")


class Ledger:
    """One thread. `submit` returns at once; its future is done when everything was tried to be stored."""

    def __init__(self, spool: Spool, journal: Journal) -> None:
        self._spool, self._journal = spool, journal
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._waiting: deque[Record] = deque()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="health-ledger", daemon=True)
        self.lost, self.last_error = 0, ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write what is there, and stop."""
        self._stopping.set()
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def submit(self, record: Record) -> "Future[None]":
        future: Future[None] = Future()
        self._queue.put((record, future))
        return future

    def flush(self) -> None:
        """Wait until what was submitted so far was tried to be stored."""
        future: Future[None] = Future()
        self._queue.put((None, future))
        future.result()

    @property
    def waiting(self) -> int:
        """Rounds that are in memory only, because they could not be written."""
        return len(self._waiting)

    def _loop(self) -> None:
        ended = False
        while not ended:
            group = self._next_group()
            ended = None in group
            found = [one for one in group if one is not None]
            self._write([record for record, _ in found if record])
            for _, future in found:
                future.set_result(None)
            self._stopping.wait(_GATHER_SECONDS)

    def _next_group(self) -> list[_Item | None]:
        group = [self._queue.get()]
        while len(group) < _GROUP:
            try:
                group.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return group

    def _write(self, records: Sequence[Record]) -> None:
        self._waiting.extend(records)
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self.lost += 1
        failed = [
            error for error in (self._tried(self._spool_waiting), self._tried(self._journal.flush)) if error
        ]
        self.last_error = failed[0] if failed else ""

    def _tried(self, step: Callable[[], None]) -> str:
        """What went wrong; nothing is given up, it is tried again with the next round."""
        try:
            step()
        except StorekeeperError as error:
            log.warning("health checks wait to be written", error=error.detail, rounds=len(self._waiting))
            return error.detail or error.title
        except Exception as error:
            log.exception("health checks wait to be written", rounds=len(self._waiting))
            return f"{type(error).__name__}: {error}"
        return ""

    def _spool_waiting(self) -> None:
        """Many at once, for they share commits; what was written already is known by its id."""
        while group := list(islice(self._waiting, _GROUP)):
            entries = [
                Entry(source=SOURCE, batch_id=record.round.id, items=1, reply=b"", body=packed(record))
                for record in group
            ]
            for future in [self._spool.submit(entry) for entry in entries]:
                future.result()
            for _ in group:
                self._waiting.popleft()
