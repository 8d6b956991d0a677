"""The control database: SQLAlchemy Core on SQLite (embedded) or PostgreSQL, chosen by URL.

SQLite runs in WAL mode with `synchronous=FULL`: a commit that was acknowledged survives kill -9 and power loss.
Writers take their lock at BEGIN, so that a transaction never fails half-way for having read first.
"""

import importlib
import importlib.metadata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pysqlite3 import dbapi2

from storekeeper.infra import timing
from storekeeper.kernel.errors import UnavailableError

Connection = sa.Connection

SAFE_SQLITE = (3, 51, 3)  # first release without the WAL-reset corruption (also 3.44.6, 3.50.7)
BUSY_TIMEOUT_MS = 10_000
MIGRATIONS = Path(__file__).parent.parent / "migrations" / "control"

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Timestamp(sa.TypeDecorator[datetime]):
    """An aware UTC datetime, kept as integer microseconds since 1970: sorts and compares the same everywhere."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a timestamp needs a time zone")
        whole = int(value.replace(microsecond=0).timestamp())
        return whole * 1_000_000 + value.microsecond

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        seconds, micros = divmod(value, 1_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


def sqlite_version() -> tuple[int, ...]:
    """The version of the SQLite library in use (the wheel's, not the interpreter's)."""
    return tuple(int(part) for part in dbapi2.sqlite_version.split("."))


def create_engine(url: str, *, begins_itself: bool = False) -> sa.Engine:
    """An engine for `sqlite:///path` or `postgresql://…`.

    `begins_itself` is for DBOS, which sends its own BEGIN IMMEDIATE through a driver in its default mode.
    """
    if not url.startswith("sqlite:"):
        return sa.create_engine(
            sa.make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=10,
            max_overflow=10,
            pool_pre_ping=True,
        )
    engine = sa.create_engine(
        url,
        module=dbapi2,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
        pool_size=8,
        max_overflow=24,
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    if begins_itself:
        sa.event.listen(engine, "connect", _begin_immediate)
    else:
        sa.event.listen(engine, "connect", _leave_begin_to_us)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any, _record: Any) -> None:
    connection.isolation_level = "IMMEDIATE"


def _leave_begin_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _begin_sqlite(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


class Database:
    """Hands out transactions. Nothing else in the code opens one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = create_engine(url)
        self._reader = self.engine.execution_options(reading=True)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on any exception.

        Raises UnavailableError when the database is locked, full or away; nothing was changed then.
        """
        with _named_faults(), timing.measure("db"), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; writing through it is a mistake."""
        with _named_faults(), timing.measure("db"), self._reader.begin() as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the schema to this release's."""
        applied, newest = self.revision()
        if applied != newest:
            # Alembic takes 11 MB and is needed once a release, so a server that is up to date does not load it.
            upgrade = importlib.import_module("storekeeper.infra.migrating").upgrade
            upgrade(self.engine, MIGRATIONS)

    def revision(self) -> tuple[str | None, str]:
        """(applied, newest known) schema revision; equal when migrations are applied."""
        newest = max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
        with self.read() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None, newest
            return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar(), newest

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _named_faults() -> Iterator[None]:
    try:
        yield
    except sa.exc.OperationalError as error:
        raise UnavailableError(
            f"The control database did not answer: {error.orig}",
            hint="Nothing was changed. Check free disk space and that only one server uses this data directory, "
            "then try again.",
            retry_after=5,
        ) from error


def library_versions() -> dict[str, str]:
    """Versions that `doctor` shows."""
    names = ("sqlalchemy", "alembic", "pysqlite3", "psycopg")
    return {name: importlib.metadata.version(name) for name in names} | {"sqlite": dbapi2.sqlite_version}
