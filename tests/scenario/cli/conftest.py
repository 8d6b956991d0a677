"""A real server and the real command, each its own process, as a user has them."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

PASSWORD = "correct horse battery staple"


class Ran(NamedTuple):
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.status == 0, self
        return json.loads(self.out)


class Served(NamedTuple):
    """A server that runs."""

    url: str
    data: Path
    process: subprocess.Popen[bytes]
    log: Path


@pytest.fixture(scope="session")
def own_environment() -> Callable[[Path], dict[str, str]]:
    """`own_environment(folder)`: of a user whose home is there."""

    def made(folder: Path) -> dict[str, str]:
        inherited = os.environ  # noqa: TID251 - handed on to children
        kept = {name: value for name, value in inherited.items() if not name.startswith("STOREKEEPER_")}
        return kept | {"XDG_CONFIG_HOME": str(folder / "config"), "COLUMNS": "200"}

    return made


@pytest.fixture
def environment(own_environment, tmp_path) -> dict[str, str]:
    """A user with a home of their own."""
    return own_environment(tmp_path)


@pytest.fixture
def storekeeper(environment, tmp_path) -> Callable[..., Ran]:
    """`storekeeper("bucket", "list", typed="…")`"""

    def run(*arguments: str, typed: str = "", seconds: float = 60, python: str = sys.executable) -> Ran:
        command = [python, "-m", "storekeeper", *arguments]
        ran = subprocess.run(
            command,
            input=typed,
            capture_output=True,
            text=True,
            timeout=seconds,
            env=environment,
            cwd=tmp_path,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    return run


@pytest.fixture
def serve(environment, tmp_path, free_port) -> Iterator[Callable[..., Served]]:
    """`serve()` starts a server on a data directory; it ends with the test."""
    with contextlib.ExitStack() as teardown:

        def start(data: Path = tmp_path / "data") -> Served:
            return teardown.enter_context(_serving(data, tmp_path, environment, free_port()))

        yield start


@pytest.fixture(scope="module")
def served(own_environment, tmp_path_factory, free_port) -> Iterator[Served]:
    """A server for all tests of a file."""
    folder = tmp_path_factory.mktemp("served")
    with _serving(folder / "data", folder, own_environment(folder), free_port()) as server:
        yield server


@contextlib.contextmanager
def _serving(data: Path, folder: Path, environment: dict[str, str], port: int) -> Iterator[Served]:
    """A server process, entered when it listens."""
    command = [sys.executable, "-m", "storekeeper", "serve", "--data-dir", str(data), "--port", str(port)]
    log = folder / "serve.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=environment | {"STOREKEEPER_ADMIN_PASSWORD": PASSWORD},
            stdout=output,
            stderr=output,
            cwd=folder,
        )
    try:
        _await(process, port, log)
        yield Served(f"http://127.0.0.1:{port}", data, process, log)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> int:
    """End a server as an administrator would."""
    process.send_signal(signal.SIGTERM)
    return process.wait(30)


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            pytest.fail(f"server exited with {process.wait(0.05)}: {log.read_text()[-2000:]}")
    pytest.fail(f"server did not listen: {log.read_text()[-2000:]}")
