"""What the workers tell the writer, in order, with a bound on how far they may run ahead."""

import queue
import threading

from storekeeper.inventory.model import Extras
from storekeeper.inventory.scanning.frontier import Event

PAGES_AHEAD = 64


class WorkerEnded:
    """A worker has nothing more to do, or failed."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error


Entry = Event | Extras | WorkerEnded


class EventLog:
    """First in, first out. Recording never blocks; workers ask for room before they fetch."""

    def __init__(self, pages_ahead: int = PAGES_AHEAD) -> None:
        self._entries: queue.SimpleQueue[Entry] = queue.SimpleQueue()
        self._limit = pages_ahead
        self._pages = 0
        self._closed = False
        self._room = threading.Condition()

    def record(self, entry: Entry) -> None:
        with self._room:
            self._pages += _pages(entry)
            self._entries.put(entry)

    def wait_for_room(self) -> None:
        """Return when the writer has caught up, or nobody listens any more."""
        with self._room:
            self._room.wait_for(lambda: self._closed or self._pages < self._limit)

    def next(self, timeout: float) -> Entry | None:
        """The oldest entry, or None when there is none for that many seconds."""
        try:
            entry = self._entries.get(timeout=timeout) if timeout else self._entries.get_nowait()
        except queue.Empty:
            return None
        with self._room:
            self._pages -= _pages(entry)
            self._room.notify_all()
        return entry

    def close(self) -> None:
        """Nobody will read on."""
        with self._room:
            self._closed = True
            self._room.notify_all()


def _pages(entry: Entry) -> int:
    return 1 if isinstance(entry, Event) and entry.rows is not None else 0
