"""The one thread that writes bodies and forgets them. Everyone who came while it wrote shares the next commit."""

import queue
import threading
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from storekeeper.kernel.clock import Clock

from .file import FileError, micros, transaction, unwritable
from .model import Appended, Departure, Entry

_MAX_GROUP = 512  # bodies that share one commit
_MAX_LEAVING = 50  # bodies that are forgotten with one commit: who comes meanwhile waits for it
_STOP = None


class _Leaving:
    """A range that is being forgotten: all before `first` are."""

    def __init__(self, departure: Departure) -> None:
        self.first, self.last, self.token = departure.first, departure.last, departure.token
        self.done: Future[None] = Future()


class Intake:
    """Writes by a connection that nobody else uses. `tell` hears how many items came in with each commit.

    Two connections that write would wait for each other by looking again after tens of milliseconds.
    """

    def __init__(self, connection: Any, clock: Clock, tell: Callable[[int], None]) -> None:
        self._connection, self._clock, self._tell = connection, clock, tell
        self._waiting: queue.SimpleQueue[tuple[Entry, Future[Appended]] | _Leaving | None] = (
            queue.SimpleQueue()
        )
        self._leaving: deque[_Leaving] = deque()
        self._closing = False
        self._thread = threading.Thread(target=self._write, name="spool-writer", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> Future[Appended]:
        """Done when the entry is durable; fails with UnavailableError when it can not be made so."""
        future: Future[Appended] = Future()
        self._waiting.put((entry, future))
        return future

    def forget(self, departure: Departure) -> Future[None]:
        """Done when the bodies of the range are gone and it is no departure any more; may fail as `put` does."""
        leaving = _Leaving(departure)
        self._waiting.put(leaving)
        return leaving.done

    def close(self) -> None:
        """Finish what was put in before."""
        self._waiting.put(_STOP)
        self._thread.join()

    def _write(self) -> None:
        while (group := self._next_group()) or self._leaving:
            try:
                outcomes = self._commit([entry for entry, _ in group])
            except FileError as error:
                self._fail([future for _, future in group], unwritable(error))
                continue
            for (_, future), outcome in zip(group, outcomes, strict=True):
                future.set_result(outcome)
            self._tell(
                sum(entry.items for (entry, _), one in zip(group, outcomes, strict=True) if not one.duplicate)
            )

    def _next_group(self) -> list[tuple[Entry, Future[Appended]]]:
        """Empty when there is only something to forget, or nothing more to do."""
        group: list[tuple[Entry, Future[Appended]]] = []
        while len(group) < _MAX_GROUP:
            try:
                one = self._waiting.get(block=not (group or self._leaving or self._closing))
            except queue.Empty:
                break
            if one is _STOP:
                self._closing = True
            elif isinstance(one, _Leaving):
                self._leaving.append(one)
            else:
                group.append(one)
        return group

    def _fail(self, futures: Sequence[Future[Appended]], failure: Exception) -> None:
        waiting: list[Future[Any]] = [*futures, *(leaving.done for leaving in self._leaving)]
        for future in waiting:
            future.set_exception(failure)
        self._leaving.clear()

    def _commit(self, entries: Sequence[Entry]) -> list[Appended]:
        now = micros(self._clock.now())
        outcomes = []
        with transaction(self._connection):
            gone = self._forget_some(self._leaving[0]) if self._leaving else False
            for entry in entries:
                values = (
                    entry.source,
                    entry.batch_id,
                    entry.items,
                    now,
                    entry.reply,
                    zlib.crc32(entry.body),
                    entry.label,
                    entry.body,
                )
                done = self._connection.execute(
                    "INSERT OR IGNORE INTO batch (source, batch_id, items, received_at, reply, checksum, label, body) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
                if done.rowcount:
                    outcomes.append(Appended(entry.reply, duplicate=False))
                else:
                    row = self._connection.execute(
                        "SELECT reply FROM batch WHERE source = ? AND batch_id = ?", values[:2]
                    ).fetchone()
                    outcomes.append(Appended(row[0], duplicate=True))
        if gone:
            self._leaving.popleft().done.set_result(None)
        return outcomes

    def _forget_some(self, leaving: _Leaving) -> bool:
        """Whether that was the rest."""
        last = min(leaving.first + _MAX_LEAVING - 1, leaving.last)
        self._connection.execute(
            "UPDATE batch SET body = NULL WHERE seq BETWEEN ? AND ?", (leaving.first, last)
        )
        leaving.first = last + 1
        if last < leaving.last:
            return False
        self._connection.execute("DELETE FROM departure WHERE token = ?", (leaving.token,))
        return True
