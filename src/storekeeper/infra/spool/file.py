"""The file of a spool: SQLite, where what is committed is on disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2

from storekeeper.kernel.errors import UnavailableError

FileError = dbapi2.Error
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


def make(path: Path) -> Any:
    """A connection to the file, with its tables. Raises FileError."""
    connection = connect(path)
    connection.executescript(_SCHEMA)
    _add_label(connection)
    return connection


def connect(path: Path) -> Any:
    connection = dbapi2.connect(str(path), timeout=10, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "cache_size=-8000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


@contextmanager
def transaction(connection: Any) -> Iterator[None]:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK on any exception."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def unwritable(error: Exception) -> UnavailableError:
    return UnavailableError(
        f"The spool could not be written: {error}",
        hint="Nothing was stored; send the same batch again. Check free disk space.",
        retry_after=5,
    )


def micros(when: datetime) -> int:
    return int(when.timestamp() * 1_000_000)


def _add_label(connection: Any) -> None:
    """To a spool of an earlier release, which may have bodies in it."""
    columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(batch)")}
    if "label" not in columns:
        connection.execute("ALTER TABLE batch ADD COLUMN label TEXT NOT NULL DEFAULT ''")
