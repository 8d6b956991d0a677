"""Stores what changed, and has others act on it in the same transaction."""

import threading
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from storekeeper.health import repository
from storekeeper.health.model import BreakerTransition, BreakerView, StatusChange
from storekeeper.health.repository import StoredStatus
from storekeeper.health.service import gauges
from storekeeper.health.service.board import Board
from storekeeper.infra.db import Connection, Database

Also = Callable[[Connection], None]
_EVENTS_KEPT = 10_000


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """What to do in the transaction that stores a change. If it raises, nothing of it is stored, and it is tried again."""

    on_status: Callable[[Connection, StatusChange], None] | None = None
    on_breaker: Callable[[Connection, BreakerTransition], None] | None = None
    on_stored: Callable[[Connection, Sequence[StoredStatus]], None] | None = None  # after both, all that was


class Journal:
    """Safe to share between threads. `view` gives a bucket's breaker as it is."""

    def __init__(self, database: Database, board: Board, view: Callable[[str], BreakerView | None]) -> None:
        self._db, self._board, self._view = database, board, view
        self._listeners: list[Listener] = []
        self._waiting: deque[tuple[str, BreakerTransition]] = deque()
        self._events: deque[tuple[int, BreakerTransition]] = deque(maxlen=_EVENTS_KEPT)
        self._number = 1
        self._noting = threading.Lock()
        self.saving = threading.RLock()

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def note(self, bucket_id: str, transition: BreakerTransition) -> None:
        """It is stored, and told, with the next flush."""
        with self._noting:
            self._waiting.append((bucket_id, transition))

    def drop(self, bucket_id: str, after: int = -1) -> None:
        """Transitions that did not come to be: those of a bucket with a greater epoch."""
        with self.saving, self._noting:
            kept = [one for one in self._waiting if one[0] != bucket_id or one[1].epoch <= after]
            self._waiting = deque(kept)

    def flush(self, also: Also | None = None) -> None:
        """Store what waits. Raises what the database or a listener raises; then it all waits on."""
        with self.saving:
            statuses, changes = self._board.unsaved()
            transitions = list(self._waiting)
            if not (statuses or transitions or also):
                return
            try:
                with self._db.write() as connection:
                    for status in statuses:
                        repository.save_status(connection, status)
                    self._store(connection, changes, transitions)
                    for finish in [one.on_stored for one in self._listeners if one.on_stored]:
                        finish(connection, statuses)
                    if also:
                        also(connection)
            except BaseException:
                self._board.put_back(statuses, changes)
                raise
            for _, transition in transitions:
                self._waiting.popleft()
                self._announce(transition)

    def events(self, after: int) -> tuple[list[BreakerTransition] | None, int]:
        """Stored transitions after a number, and the newest number; None when they are not all known any more."""
        with self.saving:
            oldest = self._events[0][0] if self._events else self._number + 1
            if after <= 0 or after < oldest - 1 or after > self._number:
                return None, self._number
            return [transition for number, transition in self._events if number > after], self._number

    def _store(
        self,
        connection: Connection,
        changes: list[tuple[str, StatusChange]],
        transitions: list[tuple[str, BreakerTransition]],
    ) -> None:
        for bucket_id, change in changes:
            repository.add_change(connection, bucket_id, change)
            for act in [one.on_status for one in self._listeners if one.on_status]:
                act(connection, change)
        for bucket_id, transition in transitions:
            repository.add_transition(connection, bucket_id, transition)
            for react in [one.on_breaker for one in self._listeners if one.on_breaker]:
                react(connection, transition)
        views = {bucket_id: self._view(bucket_id) for bucket_id, _ in transitions}
        for bucket_id, view in views.items():
            if view:
                repository.save_breaker(connection, bucket_id, view)

    def _announce(self, transition: BreakerTransition) -> None:
        self._number += 1
        self._events.append((self._number, transition))
        gauges.of_breaker(transition.bucket, transition.after)
