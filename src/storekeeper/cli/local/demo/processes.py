"""The processes of the demo. Each ends with it, however it ends."""

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import msgspec

from storekeeper.cli.failing import fail
from storekeeper.cli.local.demo.parts import rclone
from storekeeper.kernel.clock import Clock
from storekeeper.objectstore import Credentials
from storekeeper.settings import PREFIX

HOST = "127.0.0.1"
_PATIENCE = 60.0  # seconds until a server must answer
_GRACE = 15.0  # seconds to end by itself
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


class Keeper(msgspec.Struct, frozen=True, kw_only=True):
    """The Storekeeper of the demo and its administrator."""

    url: str
    email: str
    password: str


class Storage(msgspec.Struct, frozen=True, kw_only=True):
    """The S3 server of the demo."""

    endpoint: str
    credentials: Credentials


@contextmanager
def storage(buckets: Path, logs: Path, clock: Clock) -> Iterator[Storage]:
    """rclone, serving each folder in `buckets` as a bucket."""
    program = rclone()
    given = Storage(
        endpoint=f"http://{HOST}:{free_port()}",
        credentials=Credentials(access_key_id="demo", secret_access_key=secrets.token_urlsafe(24)),
    )
    key = f"{given.credentials.access_key_id},{given.credentials.secret_access_key}"
    command = [
        program,
        "serve",
        "s3",
        str(buckets),
        "--config",
        "",
        "--addr",
        urlsplit(given.endpoint).netloc,
    ]
    # Hashing every file for its ETag would take longer than all the rest.
    with _running(
        [*command, "--auth-key", key, "--etag-hash", ""], given.endpoint, logs / "rclone.log", clock
    ):
        yield given


@contextmanager
def keeper(data: Path, port: int, logs: Path, clock: Clock) -> Iterator[Keeper]:
    """Storekeeper, by the same interpreter, with a data directory of its own."""
    port = port if port and _is_free(port) else free_port()
    given = Keeper(url=f"http://{HOST}:{port}", email="admin@localhost", password=secrets.token_urlsafe(9))
    command = [sys.executable, "-m", "storekeeper", "serve", "--data-dir", str(data), "--host", HOST]
    environment = {PREFIX + "ADMIN_EMAIL": given.email, PREFIX + "ADMIN_PASSWORD": given.password}
    # It runs in its data directory, so that it does not find a storekeeper.toml of somebody else's.
    data.mkdir(mode=0o700)
    with _running(
        [*command, "--port", str(port)], given.url, logs / "storekeeper.log", clock, environment, data
    ):
        yield given


@contextmanager
def python(module: str, order: bytes, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A module of ours as a process. It gets the order as one line, and is to end when its standard input does."""
    reading, writing = os.pipe()
    with log.open("wb") as errors, os.fdopen(writing, "wb") as orders:
        process = _spawn([sys.executable, "-m", module], stdin=reading, stdout=subprocess.PIPE, stderr=errors)
        os.close(reading)
        with process:
            try:
                orders.write(order + b"\n")
                orders.flush()
                yield process
            finally:
                with contextlib.suppress(BrokenPipeError):  # it has ended already
                    orders.close()
                _wait(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


@contextmanager
def _running(
    command: Sequence[str],
    url: str,
    log: Path,
    clock: Clock,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[None]:
    """The command as a process for as long as the block lasts, entered when it accepts connections."""
    with log.open("wb") as output:
        process = _spawn(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            environment=environment,
            folder=folder,
        )
    try:
        _await(process, url, log, clock)
        yield
    finally:
        _end(process)


def _spawn(
    command: Sequence[str],
    *,
    stdin: int,
    stdout: int | IO[bytes],
    stderr: IO[bytes],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches only the demo, which ends its processes in order.
    return subprocess.Popen(  # noqa: S603 - all commands are made here
        command,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=_clean_environment() | dict(environment or {}),
        cwd=folder,
        start_new_session=True,
        preexec_fn=_leash(),  # noqa: PLW1509 - no thread holds a lock: the demo has started none yet
    )


def _await(process: subprocess.Popen[bytes], url: str, log: Path, clock: Clock) -> None:
    parts = urlsplit(url)
    deadline = clock.monotonic() + _PATIENCE
    while clock.monotonic() < deadline:
        if process.poll() is not None:
            fail(f"A server of the demo ended with status {process.returncode}.", hint=_tail(log))
        with contextlib.suppress(OSError), socket.create_connection((parts.hostname, parts.port), 1):
            return
        clock.sleep(0.05)
    fail(f"{url} did not answer within {_PATIENCE:.0f} seconds.", hint=_tail(log))


def _leash() -> Callable[[], None] | None:
    """What a child does first so that it dies with this process even where that is killed; Linux only."""
    if sys.platform != "linux":
        return None
    prctl, demo = ctypes.CDLL(None).prctl, os.getpid()

    def bind() -> None:
        prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != demo:  # it died before
            os._exit(1)

    return bind


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    _wait(process)


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-1500:].strip()


def _clean_environment() -> dict[str, str]:
    """Without settings of a real server: the demo must never touch its databases."""
    inherited = os.environ  # noqa: TID251 - handed on to a child, not read
    return {name: value for name, value in inherited.items() if not name.startswith((PREFIX, "RCLONE_"))}
