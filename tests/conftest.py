"""Real servers for every kind of test: started once, on free loopback ports, stopped by their own handle."""

import contextlib
import os
import resource
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
import pytest
import structlog

import engines
import thoroughness
from storekeeper.infra import structs
from storekeeper.infra.telemetry import configure_logging
from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore import Credentials, Location, open_store, parse_location
from storekeeper.objectstore.answers import Operation
from storekeeper.objectstore.port import ObjectStore
from storekeeper.objectstore.wire import Wire, WireOptions

pytest_plugins = ["endpoints"]

BIN = Path(sys.executable).parent
CREDENTIALS = Credentials(
    access_key_id="AKIATESTTESTTESTTEST", secret_access_key="test-secret-key-0123456789"
)


# How long an example takes says nothing while others use the machine. Quick is for make check: the suite tries five times as many.
hypothesis.settings.register_profile("whole", hypothesis.settings(), deadline=None)
hypothesis.settings.register_profile("quick", max_examples=20, deadline=None)
hypothesis.settings.load_profile("whole")

# Each analytics engine that a test opens leaves some files open behind it for as long as the process lives.
_FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))

# A `world` is services of several capabilities on a real analytics engine.
_SLOW_FOLDERS = ("scenario", "fault", "browser")
_SLOW = {"rclone_s3", "rclone_server", "moto_s3", "strict_moto_s3", "s3_server", "world"}

# Files that take longest, which are begun first: whoever got one of them in the end would work on while others are done.
_LONG = (
    "browser/test_every_page.py",
    "contract/test_openapi.py",
    "fault/inventory/test_kill.py",
    "scenario/cli/test_demo.py",
    "browser/test_costs.py",
    "browser/test_health.py",
    "scenario/costs/test_costs.py",
    "browser/test_cost_options.py",
    "scenario/health/test_vantage.py",
    "scenario/cli/test_first_day.py",
    "fault/health/test_kill.py",
    "fault/metering/test_kill.py",
    "fault/cleanup/test_kill.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Scenarios, faults, and what asks for a server or an engine, wherever it is, are left out of make check."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in _SLOW_FOLDERS or _SLOW.intersection(
            getattr(item, "fixturenames", ())
        ):
            item.add_marker(pytest.mark.slow)
    turns = {here / name: turn for turn, name in enumerate(_LONG)}
    items.sort(key=lambda item: turns.get(item.path, len(turns)))


def pytest_collection_finish() -> None:
    """As the server does before it has threads; all that tests use is imported now."""
    structs.prepare()


@pytest.fixture(scope="session", autouse=True)
def _engines(tmp_path_factory: pytest.TempPathFactory) -> None:
    engines.templates[:] = [tmp_path_factory.mktemp("engine")]


@pytest.fixture(scope="session", autouse=True)
def _servers_are_not_told_how_thorough_tests_are() -> None:
    """They refuse settings that they do not know."""
    for name in thoroughness.VARIABLES:
        os.environ.pop(name, None)  # noqa: TID251 - what servers inherit


@pytest.fixture(scope="session", autouse=True)
def _log() -> None:
    """As a server writes it: where nothing is configured, each traceback is drawn with all variables, in half a second."""
    configure_logging()
    structlog.configure(cache_logger_on_first_use=False)  # what is stdout now may be closed later


@dataclass(frozen=True)
class S3Server:
    """A running S3 server. `bucket()` makes a fresh one and tells where it is; `open()` opens it."""

    endpoint: str
    credentials: Credentials = field(default=CREDENTIALS)

    def location(self, bucket: str) -> Location:
        return parse_location(f"s3://{bucket}", endpoint=self.endpoint)

    def bucket(self) -> Location:
        location = self.location(f"bucket-{uuid.uuid4().hex[:12]}")
        wire = Wire(location, self.credentials, clock=SystemClock(), options=WireOptions())
        wire.request(Operation("CreateBucket", "s3:CreateBucket"), method="PUT")
        wire.close()
        return location

    def open(self, location: Location) -> ObjectStore:
        return open_store(location, self.credentials, clock=SystemClock())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def _serving(command: list[str], port: int, log: Path) -> Iterator[None]:
    """A server process for as long as the block lasts, entered when its port accepts."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            for _ in range(600):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                with contextlib.suppress(subprocess.TimeoutExpired):
                    pytest.fail(f"server exited with {process.wait(0.05)}: {log.read_text()[-2000:]}")
            else:
                pytest.fail(f"server did not listen: {log.read_text()[-2000:]}")
            yield
        finally:
            process.kill()


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A port on which nothing listens."""
    return _free_port


@pytest.fixture(scope="session")
def rclone_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., S3Server]]:
    """`rclone_s3(folder)` serves a folder over S3; its subfolders are the buckets.

    Write files into the folder before the first listing, or pass `"--dir-cache-time", "0s"` (slow) to have them seen.
    """
    with contextlib.ExitStack() as servers:

        def start(folder: Path, *options: str) -> S3Server:
            port = _free_port()
            auth = f"{CREDENTIALS.access_key_id},{CREDENTIALS.secret_access_key}"
            command = [
                BIN / "rclone",
                "serve",
                "s3",
                folder,
                "--addr",
                f"127.0.0.1:{port}",
                "--auth-key",
                auth,
            ]
            command += ["--config", "", *options]
            log = tmp_path_factory.mktemp("rclone") / "log"
            servers.enter_context(_serving([str(part) for part in command], port, log))
            return S3Server(f"http://127.0.0.1:{port}")

        yield start


@pytest.fixture(scope="session")
def rclone_server(rclone_s3: Callable[..., S3Server], tmp_path_factory: pytest.TempPathFactory) -> S3Server:
    """One rclone server that tests may share, each with its own bucket."""
    return rclone_s3(tmp_path_factory.mktemp("rclone-buckets"))


@pytest.fixture(scope="session")
def moto_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """moto: any key, versions and multipart uploads; it checks no signatures."""
    with _moto(tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="module")
def strict_moto_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Another moto, for tests that have it check signatures and policies by posting 0 to /moto-api/reset-auth."""
    with _moto(tmp_path_factory) as server:
        yield server


@contextlib.contextmanager
def _moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    port = _free_port()
    command = [str(BIN / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with _serving(command, port, tmp_path_factory.mktemp("moto") / "log"):
        yield S3Server(f"http://127.0.0.1:{port}")
