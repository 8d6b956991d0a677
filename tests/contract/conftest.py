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
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"

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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/control.db"
    else:
        server = request.getfixturevalue("postgresql")
        name = f"test_{uuid.uuid4().hex[:12]}"
        admin = Database(f"{server}/postgres")
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        admin.close()
        url = f"{server}/{name}"
    with contextlib.closing(Database(url)) as database:
        yield database


@pytest.fixture
def database(empty_database: Database) -> Database:
    """A database with this release's schema, made by its migrations."""
    empty_database.migrate()
    return empty_database
