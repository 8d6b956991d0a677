"""What `doctor` looks at. Each check answers in words and changes nothing."""

import os
import platform
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import msgspec

from storekeeper import __version__
from storekeeper.audit import AuditTrail
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import SAFE_SQLITE, Database, sqlite_version
from storekeeper.infra.lock import DataDirectoryBusyError, DataDirectoryLock
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError
from storekeeper.kernel.units import format_bytes, format_duration
from storekeeper.settings import Settings
from storekeeper_client import Client, ClientError

_BACKPORTED = ((3, 44, 6), (3, 50, 7))  # patch releases of older lines with the same repair as SAFE_SQLITE
_LIBRARIES = (
    "chdb",
    "clickhouse-connect",
    "cryptography",
    "dbos",
    "granian",
    "litestar",
    "pyarrow",
    "sqlalchemy",
)
_FREE_WARN, _FREE_FAIL = 5_000_000_000, 500_000_000  # bytes
_CLOCK_SLACK = timedelta(minutes=2)
_ANSWER_SECONDS = 2.0


class Check(msgspec.Struct, frozen=True):
    """What was looked at, how it is, and what to do when it is not well."""

    name: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    advice: str = ""


def examine(settings: Settings, clock: Clock) -> Iterator[Check]:
    """All checks, in the order in which they are read. Where there is no data yet, what needs it is left out."""
    yield versions()
    yield sqlite()
    yield data_directory(settings.data_dir)
    yield free_disk(settings.data_dir)
    if not settings.data_dir.is_dir():
        return
    yield keys(settings)
    yield from control_database(settings, clock)
    yield analytics(settings)


def versions() -> Check:
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return Check(
        "Versions", "ok", f"storekeeper {__version__}, Python {platform.python_version()}, {libraries}"
    )


def sqlite(found: tuple[int, ...] | None = None) -> Check:
    """Whether the SQLite in use is free of the WAL-reset corruption."""
    found = found or sqlite_version()
    number = ".".join(map(str, found))
    if found >= SAFE_SQLITE or any(fixed <= found < (fixed[0], fixed[1] + 1) for fixed in _BACKPORTED):
        return Check("SQLite", "ok", number)
    advice = "Install a newer pysqlite3: pip install --upgrade pysqlite3"
    return Check(
        "SQLite", "fail", f"{number} can corrupt its file when writers meet (fixed in 3.51.3)", advice
    )


def data_directory(folder: Path) -> Check:
    name = "Data directory"
    if not folder.exists():
        return Check(name, "warn", f"{folder} does not exist yet", "The first `storekeeper serve` makes it.")
    if not folder.is_dir():
        return Check(name, "fail", f"{folder} is not a directory", "Choose another --data-dir.")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Check(
            name,
            "fail",
            f"{folder} can not be written by this user",
            f"chown it, or run as its owner: {folder}",
        )
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        return Check(name, "warn", f"{folder} is open to others (mode {mode:04o})", f"chmod 700 {folder}")
    return Check(name, "ok", f"{folder}")


def free_disk(folder: Path) -> Check:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    detail = f"{format_bytes(free)} free"
    if free < _FREE_FAIL:
        return Check("Disk", "fail", detail, "Free some now: databases fail in bad ways on a full disk.")
    if free < _FREE_WARN:
        return Check("Disk", "warn", detail, "Free some soon.")
    return Check("Disk", "ok", detail)


def keys(settings: Settings) -> Check:
    """Whether the keys are there and private; given by settings, they are somebody else's to keep."""
    files = {"secret_key": "secret.key", "encryption_key": "encryption.key"}
    kept = [
        settings.data_dir / "keys" / name for field, name in files.items() if not getattr(settings, field)
    ]
    missing = [path for path in kept if not path.exists()]
    if missing:
        where = ", ".join(map(str, missing))
        advice = (
            "A first start makes them. Were they there before? Bring them back: sealed secrets need them."
        )
        return Check("Keys", "warn", f"missing: {where}", advice)
    for path in kept:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            return Check("Keys", "fail", f"{path} is open to others (mode {mode:04o})", f"chmod 600 {path}")
    return Check("Keys", "ok", "present and private" if kept else "given by settings")


def control_database(settings: Settings, clock: Clock) -> Iterator[Check]:
    """The control database, and the clock by the audit log in it."""
    url = settings.database_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        yield Check("Control database", "warn", "not made yet", "The first `storekeeper serve` makes it.")
        return
    database = Database(url)
    try:
        applied, newest = database.revision()
        latest = AuditTrail(database, clock).page(limit=1).items if applied == newest else []
    except Exception as error:  # noqa: BLE001 - whatever a broken database throws is the finding
        yield Check("Control database", "fail", _first_line(error), "Restore it, or check who may read it.")
        return
    finally:
        database.close()
    yield _revision(applied, newest)
    yield clock_sanity(clock.now(), _latest_mark(settings.data_dir, [record.time for record in latest]))


def clock_sanity(now: datetime, latest_mark: datetime) -> Check:
    """Nothing can have been written later than now."""
    ahead = latest_mark - now
    if ahead > _CLOCK_SLACK:
        detail = f"it is {now:%Y-%m-%d %H:%M} UTC, but something was written {format_duration(ahead.total_seconds())} later"
        return Check(
            "Clock", "fail", detail, "Set the clock (NTP): sessions, schedules and history go by it."
        )
    return Check("Clock", "ok", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def analytics(settings: Settings) -> Check:
    """The engine: asked of the server that holds it, else opened here."""
    try:
        with DataDirectoryLock(settings.data_dir):
            return _opened(settings)
    except DataDirectoryBusyError as busy:
        return _running(settings, busy)


def _opened(settings: Settings) -> Check:
    name = "Analytics"
    place = Path(settings.analytics_url.removeprefix("chdb://"))
    if settings.analytics_url.startswith("chdb:") and not place.exists():
        return Check(name, "warn", "not made yet", "The first `storekeeper serve` makes it.")
    engine = Analytics(settings.analytics_url, memory=settings.analytics_memory)
    try:
        pending, number = engine.pending(), engine.version()
    except Exception as error:  # noqa: BLE001 - whatever a broken engine throws is the finding
        return Check(
            name, "fail", _first_line(error), "Check the disk, and that nothing else uses the directory."
        )
    finally:
        engine.close()
    if pending:
        return Check(
            name, "warn", f"{len(pending)} migrations to apply", "Run `storekeeper migrate`, or just serve."
        )
    return Check(name, "ok", f"ClickHouse {number}, migrations applied; no server is running")


def _running(settings: Settings, busy: StorekeeperError) -> Check:
    name = "Analytics"
    try:
        with Client(settings.public_url, timeout=_ANSWER_SECONDS) as client:
            client.health()
    except ClientError as error:
        if isinstance(error.__cause__, ConnectionRefusedError):
            advice = "Started with another --host or --port? Then give `doctor` the same settings."
            return Check(name, "warn", f"{busy.detail} But nothing listens at {settings.public_url}.", advice)
        return Check(
            name, "fail", f"{busy.detail} But {error}", "Look at its log. If it hangs, start it again."
        )
    return Check(name, "ok", f"held by the server that answers at {settings.public_url}")


def _revision(applied: str | None, newest: str | None) -> Check:
    if applied == newest:
        return Check("Control database", "ok", f"migrations applied ({applied})")
    detail = f"at {applied or 'nothing'}, this release needs {newest}"
    return Check("Control database", "warn", detail, "Run `storekeeper migrate`, or just serve.")


def _latest_mark(folder: Path, marks: list[datetime]) -> datetime:
    files = (folder / name for name in ("control.db", "control.db-wal", "jobs.db", "keys", "lock"))
    seconds = [path.stat().st_mtime for path in files if path.exists()]
    written = [datetime.fromtimestamp(each).astimezone() for each in (*seconds, 0)]
    return max(written + marks)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
