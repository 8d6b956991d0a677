"""One suite for two databases: `database` is SQLite, then a real PostgreSQL."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engines import open_database
from storekeeper.infra.db import Database


def _postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.fail("PostgreSQL is not installed; `make system` installs it")
    return found[-1].parent


@pytest.fixture(scope="session")
def postgresql(free_port: Callable[[], int]) -> Iterator[str]:
    """The URL of a PostgreSQL server in a temporary directory; it refuses to run as root, so it gets its own user."""
    binaries, port = _postgres_bin(), free_port()
    user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="storekeeper-pg-"))
    if user:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    # All of it lies in the folder, so that nothing stays behind.
    settings = f"listen_addresses=127.0.0.1 port={port} unix_socket_directories={folder} fsync=off dynamic_shared_memory_type=mmap"
    options = " ".join(f"-c {setting}" for setting in settings.split())

    def run(program: str, *arguments: object) -> None:
        command = [binaries / program, "-D", data, *arguments]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True, cwd=folder, **user)

    run("initdb", "-U", "storekeeper", "--auth=trust", "-E", "UTF8")
    run("pg_ctl", "-o", options, "-l", folder / "log", "-w", "start")
    try:
        yield f"postgresql://storekeeper@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> str:
    """The same, with a database `migrated` to copy others from."""
    _order(postgresql, "CREATE DATABASE migrated")
    with contextlib.closing(Database(f"{postgresql}/migrated")) as database:
        database.migrate()
    return postgresql


def _order(server: str, statement: str) -> None:
    with contextlib.closing(Database(f"{server}/postgres")) as admin:
        connecting = admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with connecting as connection:
            connection.exec_driver_sql(statement)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with this release's schema, made by its migrations, and nothing in it."""
    if request.param == "sqlite":
        with contextlib.closing(open_database(tmp_path)) as made:
            yield made
        return
    server, name = request.getfixturevalue("migrated_postgresql"), f"test_{uuid.uuid4().hex[:12]}"
    _order(server, f"CREATE DATABASE {name} TEMPLATE migrated")
    with contextlib.closing(Database(f"{server}/{name}")) as made:
        yield made
    _order(server, f"DROP DATABASE {name} WITH (FORCE)")
