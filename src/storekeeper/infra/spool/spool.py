"""A spool: in at one end, out at the other, and what is known of what is between."""

import threading
import zlib
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from pathlib import Path

from storekeeper.kernel.clock import Clock

from .file import FileError, connect, make, micros, transaction, unwritable
from .intake import Intake
from .leaving import begin, begun
from .model import Appended, Departure, Entry, Level, Stored


class Spool:
    """One process, many threads. `append` blocks until the body is durable."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._writer = make(path)
        self._taker = connect(path)
        self._taking = threading.Lock()
        self._arrived = threading.Condition()
        self._fresh = 0  # items that came since the last departure
        self._released = False
        self._intake = Intake(self._writer, clock, self._arrive)

    def append(self, entry: Entry) -> Appended:
        """Raises UnavailableError when it can not be made durable; nothing of it is kept then."""
        return self.submit(entry).result()

    def submit(self, entry: Entry) -> Future[Appended]:
        """The same without waiting: the future is done, or fails, when `append` would return."""
        return self._intake.put(entry)

    def wait(self, seconds: float, *, items: int = 1) -> None:
        """Return when that many items came in since the last departure, or after that time."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._released or self._fresh >= items, seconds)

    def release(self) -> None:
        """Let `wait` return at once from now on."""
        with self._arrived:
            self._released = True
            self._arrived.notify_all()

    def depart(self, *, max_items: int, max_bytes: int) -> Departure | None:
        """The range that is to leave now: the one that was begun and not finished, or the next; None when empty."""
        with self._arrived:
            self._fresh = 0
        with self._taking:
            row = begun(self._taker) or begin(self._taker, max_items=max_items, max_bytes=max_bytes)
            if row is None:
                return None
            first, last, token = row
            bodies = self._taker.execute(
                "SELECT seq, source, items, label, CAST(body AS BLOB), checksum FROM batch WHERE seq BETWEEN ? AND ? AND body IS NOT NULL ORDER BY seq",
                (first, last),
            ).fetchall()
            (items,) = self._taker.execute(
                "SELECT sum(items) FROM batch WHERE seq BETWEEN ? AND ?", (first, last)
            ).fetchone()
        stored = [
            Stored(seq, source, items, label, body, zlib.crc32(body) == checksum)
            for seq, source, items, label, body, checksum in bodies
        ]
        return Departure(token=token, first=first, last=last, items=items, bodies=stored)

    def departed(self, departure: Departure) -> None:
        """The bodies are safe elsewhere: forget them, and keep that they came. Raises UnavailableError."""
        self._intake.forget(departure).result()

    def quarantine(self, seq: int, reason: str) -> None:
        """Set a body aside that can not be used, so that it does not stop the rest. It is kept for a person."""
        now = micros(self._clock.now())
        with self._taking, transaction(self._taker):
            self._taker.execute(
                "INSERT OR REPLACE INTO quarantine SELECT seq, source, batch_id, items, ?, ?, body FROM batch WHERE seq = ?",
                (reason, now, seq),
            )
            self._taker.execute("UPDATE batch SET body = NULL WHERE seq = ?", (seq,))

    def known(self, source: str, beginning: str) -> Sequence[str]:
        """Ids of batches of that source that begin so."""
        with self._taking:
            rows = self._taker.execute(
                "SELECT batch_id FROM batch WHERE source = ? AND batch_id >= ? AND batch_id < ?",
                (source, beginning, beginning + "\x7f"),
            ).fetchall()
        return [batch_id for (batch_id,) in rows]

    def remember(self, source: str, batch_id: str) -> None:
        """Count the time after which that id is forgotten from now on, if its body has left.

        Raises UnavailableError.
        """
        now = micros(self._clock.now())
        try:
            with self._taking, transaction(self._taker):
                self._taker.execute(
                    "UPDATE batch SET received_at = ? WHERE source = ? AND batch_id = ? AND body IS NULL",
                    (now, source, batch_id),
                )
        except FileError as error:
            raise unwritable(error) from error

    def forget(self, older_than: timedelta, *, of: str = "", but_of: str = "") -> int:
        """Forget ids of batches that came that long ago and have left; one that is sent again counts again.

        Only of sources that begin with `of`, and not of those that begin with `but_of`.
        """
        before = micros(self._clock.now() - older_than)
        with self._taking, transaction(self._taker):
            gone = self._taker.execute(
                "DELETE FROM batch WHERE body IS NULL AND received_at < ? AND substr(source, 1, ?) = ? "
                "AND NOT (? > 0 AND substr(source, 1, ?) = ?)",
                (before, len(of), of, len(but_of), len(but_of), but_of),
            ).rowcount
        return int(gone)

    def level(self) -> Level:
        with self._taking:
            count, items, size, oldest = self._taker.execute(
                "SELECT count(*), coalesce(sum(items), 0), coalesce(sum(length(body)), 0), min(received_at) "
                "FROM batch WHERE body IS NOT NULL"
            ).fetchone()
            (quarantined,) = self._taker.execute("SELECT count(*) FROM quarantine").fetchone()
        return Level(
            batches=count,
            items=items,
            bytes=size,
            oldest=datetime.fromtimestamp(oldest / 1e6, self._clock.now().tzinfo) if oldest else None,
            quarantined=quarantined,
        )

    def close(self) -> None:
        """Finish what was begun; later appends are refused."""
        self._intake.close()
        self._writer.close()
        self._taker.close()

    def _arrive(self, items: int) -> None:
        with self._arrived:
            self._fresh += items
            self._arrived.notify_all()
