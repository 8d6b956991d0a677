"""The way in: one thread writes, and everyone who came while it wrote shares the next commit."""

import queue
import threading
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from storekeeper.kernel.clock import Clock

from .file import FileError, micros, transaction, unwritable
from .model import Appended, Entry

_MAX_GROUP = 512  # bodies that share one commit
_STOP = None


class Intake:
    """Writes by a connection that nobody else uses. `tell` hears how many items came in with each commit."""

    def __init__(self, connection: Any, clock: Clock, tell: Callable[[int], None]) -> None:
        self._connection, self._clock, self._tell = connection, clock, tell
        self._entries: queue.SimpleQueue[tuple[Entry, Future[Appended]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="spool-writer", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> Future[Appended]:
        """Done when the entry is durable; fails with UnavailableError when it can not be made so."""
        future: Future[Appended] = Future()
        self._entries.put((entry, future))
        return future

    def close(self) -> None:
        """Finish what was put in before."""
        self._entries.put(_STOP)
        self._thread.join()

    def _write(self) -> None:
        while True:
            group = self._next_group()
            if not group:
                return
            try:
                outcomes = self._commit([entry for entry, _ in group])
            except FileError as error:
                failure = unwritable(error)
                for _, future in group:
                    future.set_exception(failure)
                continue
            for (_, future), outcome in zip(group, outcomes, strict=True):
                future.set_result(outcome)
            self._tell(
                sum(entry.items for (entry, _), one in zip(group, outcomes, strict=True) if not one.duplicate)
            )

    def _next_group(self) -> list[tuple[Entry, Future[Appended]]]:
        first = self._entries.get()
        if first is None:
            return []
        group = [first]
        while len(group) < _MAX_GROUP:
            try:
                following = self._entries.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._entries.put(_STOP)  # after this group
                break
            group.append(following)
        return group

    def _commit(self, entries: Sequence[Entry]) -> list[Appended]:
        now = micros(self._clock.now())
        outcomes = []
        with transaction(self._connection):
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
        return outcomes
