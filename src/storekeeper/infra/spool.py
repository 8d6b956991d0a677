"""A durable queue of bodies: what `append` returned for is on disk, and leaves exactly once, in order.

SQLite with `synchronous=FULL`. Writers share commits (group commit): one fsync acknowledges everyone who came while the
last one ran. Bodies leave in fixed ranges: a range and its token are written down before anything is done with them, so
that after a crash the same bodies go out under the same token, and whoever takes them can tell that they came before.
"""

import queue
import secrets
import threading
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from pysqlite3 import dbapi2

from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import UnavailableError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batch (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    items INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    reply BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    label TEXT NOT NULL DEFAULT '',
    body BLOB,
    UNIQUE (source, batch_id)
);
CREATE INDEX IF NOT EXISTS batch_waiting ON batch (seq) WHERE body IS NOT NULL;
CREATE TABLE IF NOT EXISTS departure (
    one INTEGER PRIMARY KEY CHECK (one = 1), first INTEGER NOT NULL, last INTEGER NOT NULL, token TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS quarantine (
    seq INTEGER PRIMARY KEY, source TEXT NOT NULL, batch_id TEXT NOT NULL, items INTEGER NOT NULL,
    reason TEXT NOT NULL, at INTEGER NOT NULL, body BLOB
);
"""
_MAX_GROUP = 512  # bodies that share one commit
_MAX_LEAVING = 200  # bodies that are forgotten at once: who comes meanwhile waits for it
_STOP = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One body on its way in. `reply` is kept, to be given again to whoever sends the same batch again.

    `label` comes out with it, so that whoever takes it knows something of it without reading it.
    """

    source: str
    batch_id: str
    items: int
    reply: bytes
    body: bytes
    label: str = ""


class Appended(msgspec.Struct, frozen=True):
    """`reply` is that of the first time; `duplicate` whether this was not it."""

    reply: bytes
    duplicate: bool


class Stored(msgspec.Struct, frozen=True):
    """One body on its way out; `intact` is false when it is not what came in."""

    seq: int
    source: str
    items: int
    label: str
    body: bytes
    intact: bool


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """A fixed range of bodies under a token; `items` came in it, also those that were set aside since."""

    token: str
    first: int
    last: int
    items: int
    bodies: Sequence[Stored]


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """How full the spool is."""

    batches: int
    items: int
    bytes: int
    oldest: datetime | None
    quarantined: int


class Spool:
    """One process, many threads. `append` blocks until the body is durable."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._entries: queue.SimpleQueue[tuple[Entry, Future[Appended]] | None] = queue.SimpleQueue()
        self._writer = _connect(path)
        self._writer.executescript(_SCHEMA)
        _add_label(self._writer)
        self._taker = _connect(path)
        self._taking = threading.Lock()
        self._arrived = threading.Condition()
        self._fresh = 0  # items that came since the last departure
        self._released = False
        self._thread = threading.Thread(target=self._write, name="spool-writer", daemon=True)
        self._thread.start()

    def append(self, entry: Entry) -> Appended:
        """Raises UnavailableError when it can not be made durable; nothing of it is kept then."""
        return self.submit(entry).result()

    def submit(self, entry: Entry) -> Future[Appended]:
        """The same without waiting: the future is done, or fails, when `append` would return."""
        future: Future[Appended] = Future()
        self._entries.put((entry, future))
        return future

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
            row = self._taker.execute("SELECT first, last, token FROM departure").fetchone()
            if row is None:
                row = self._begin(max_items, max_bytes)
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
        """The bodies are safe elsewhere: forget them, and keep that they came."""
        for first in range(departure.first, departure.last + 1, _MAX_LEAVING):
            last = min(first + _MAX_LEAVING - 1, departure.last)
            with self._taking, _transaction(self._taker):
                self._taker.execute("UPDATE batch SET body = NULL WHERE seq BETWEEN ? AND ?", (first, last))
        with self._taking, _transaction(self._taker):
            self._taker.execute("DELETE FROM departure WHERE token = ?", (departure.token,))

    def quarantine(self, seq: int, reason: str) -> None:
        """Set a body aside that can not be used, so that it does not stop the rest. It is kept for a person."""
        now = _micros(self._clock.now())
        with self._taking, _transaction(self._taker):
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
        now = _micros(self._clock.now())
        try:
            with self._taking, _transaction(self._taker):
                self._taker.execute(
                    "UPDATE batch SET received_at = ? WHERE source = ? AND batch_id = ? AND body IS NULL",
                    (now, source, batch_id),
                )
        except dbapi2.Error as error:
            raise _unwritable(error) from error

    def forget(self, older_than: timedelta, *, of: str = "", but_of: str = "") -> int:
        """Forget ids of batches that came that long ago and have left; one that is sent again counts again.

        Only of sources that begin with `of`, and not of those that begin with `but_of`.
        """
        before = _micros(self._clock.now() - older_than)
        with self._taking, _transaction(self._taker):
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
        self._entries.put(_STOP)
        self._thread.join()
        self._writer.close()
        self._taker.close()

    def _begin(self, max_items: int, max_bytes: int) -> tuple[int, int, str] | None:
        waiting = self._taker.execute(
            "SELECT seq, items, length(body) FROM batch WHERE body IS NOT NULL ORDER BY seq LIMIT 10000"
        ).fetchall()
        if not waiting:
            return None
        first = last = waiting[0][0]
        items = size = 0
        for seq, count, length in waiting:
            items, size = items + count, size + length
            if last != seq and (items > max_items or size > max_bytes):
                break
            last = seq
        # Numbers alone may come again: from the spool of another node, or one that was lost and begun anew.
        row = (first, last, f"spool-{first}-{last}-{secrets.token_hex(8)}")
        with _transaction(self._taker):
            self._taker.execute("INSERT INTO departure VALUES (1, ?, ?, ?)", row)
        return row

    def _write(self) -> None:
        while True:
            group = self._next_group()
            if not group:
                return
            try:
                outcomes = self._commit([entry for entry, _ in group])
            except dbapi2.Error as error:
                failure = _unwritable(error)
                for _, future in group:
                    future.set_exception(failure)
                continue
            for (_, future), outcome in zip(group, outcomes, strict=True):
                future.set_result(outcome)
            with self._arrived:
                self._fresh += sum(
                    entry.items for (entry, _), one in zip(group, outcomes, strict=True) if not one.duplicate
                )
                self._arrived.notify_all()

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
        now = _micros(self._clock.now())
        outcomes = []
        with _transaction(self._writer):
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
                done = self._writer.execute(
                    "INSERT OR IGNORE INTO batch (source, batch_id, items, received_at, reply, checksum, label, body) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
                if done.rowcount:
                    outcomes.append(Appended(entry.reply, duplicate=False))
                else:
                    row = self._writer.execute(
                        "SELECT reply FROM batch WHERE source = ? AND batch_id = ?", values[:2]
                    ).fetchone()
                    outcomes.append(Appended(row[0], duplicate=True))
        return outcomes


@contextmanager
def _transaction(connection: Any) -> Iterator[None]:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK on any exception."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _add_label(connection: Any) -> None:
    """To a spool of an earlier release, which may have bodies in it."""
    columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(batch)")}
    if "label" not in columns:
        connection.execute("ALTER TABLE batch ADD COLUMN label TEXT NOT NULL DEFAULT ''")


def _connect(path: Path) -> Any:
    connection = dbapi2.connect(str(path), timeout=10, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "cache_size=-8000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _unwritable(error: Exception) -> UnavailableError:
    return UnavailableError(
        f"The spool could not be written: {error}",
        hint="Nothing was stored; send the same batch again. Check free disk space.",
        retry_after=5,
    )


def _micros(when: datetime) -> int:
    return int(when.timestamp() * 1_000_000)
