"""Running commands in this process, against a server that answers what the test says."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from storekeeper.cli.root import app
from storekeeper_client.testing import FakeServer


class Ran(NamedTuple):
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


@pytest.fixture
def environ(tmp_path, monkeypatch) -> pytest.MonkeyPatch:
    """A user who never signed in, with a home of their own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("STOREKEEPER_URL", raising=False)
    monkeypatch.delenv("STOREKEEPER_TOKEN", raising=False)
    return monkeypatch


@pytest.fixture
def run(environ) -> Callable[..., Ran]:
    """`run("bucket", "list", typed="…")` runs the command with that on standard input."""

    def run_command(*arguments: str, typed: str = "") -> Ran:
        result = CliRunner().invoke(app, arguments, input=typed, prog_name="storekeeper")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run_command


@pytest.fixture
def ran(run, server, environ) -> Callable[..., Ran]:
    """The same, by a user with an API key for `server`."""
    environ.setenv("STOREKEEPER_URL", server.url)
    environ.setenv("STOREKEEPER_TOKEN", "sk_1.secret")
    return run
