"""An application follows a real server, which watches a real storage: down, up again, and then without the server."""

import contextlib
import json
import os
import queue
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from storekeeper.kernel.clock import SystemClock
from storekeeper_client import Client
from storekeeper_client.breaker import BreakerOpenError, BreakerRegistry, Following, Mode, State, follow
from storekeeper_client.breaker.verdict import CONNECT, OK
from storekeeper_client.transport import Transport

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery staple"
KEYS = ("AKIATESTTESTTESTTEST", "test-secret-key-0123456789")
PATH = "/api/health/circuit-breaker/events"
SILENCE = 15  # seconds after which the server speaks at the latest: what is told sooner was told for itself
BRISK = {
    "checkInterval": 1000,
    "timeout": 500,
    "slowResponseThreshold": 450,
    "failureThreshold": 2,
    "recoveryTimeout": 1000,
    "monitoringWindow": 60_000,
}


class Process:
    """A server process at one address, which can be stopped and started again."""

    def __init__(self, command, port, log, environment=None):
        self._command, self.port, self._log, self._environment = command, port, log, environment
        self._process = None

    def start(self):
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"exited with {self._process.wait(0.05)}: {self._log.read_text()[-2000:]}")
        pytest.fail("it did not listen")

    def kill(self):
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self):
        self._process.terminate()
        return self._process.wait(30)


@pytest.fixture
def storage(tmp_path, free_port):
    """An S3 server with the bucket `photos`."""
    (tmp_path / "storage" / "photos").mkdir(parents=True)
    port = free_port()
    command = [str(Path(sys.executable).parent / "rclone"), "serve", "s3", str(tmp_path / "storage")]
    command += ["--addr", f"127.0.0.1:{port}", "--auth-key", ",".join(KEYS), "--config", ""]
    process = Process(command, port, tmp_path / "rclone.log")
    process.start()
    yield process
    process.kill()


@pytest.fixture
def server(tmp_path, free_port):
    port = free_port()
    command = [sys.executable, "-m", "storekeeper", "serve", "--data-dir", str(tmp_path / "data")]
    environment = dict(os.environ) | {"STOREKEEPER_ADMIN_PASSWORD": PASSWORD}  # noqa: TID251 - handed on
    process = Process([*command, "--port", str(port)], port, tmp_path / "server.log", environment)
    process.start()
    yield process
    process.kill()


@pytest.fixture
def api(server, storage):
    """The administrator's client of a server that watches the storage."""
    with Client(f"http://127.0.0.1:{server.port}") as api:
        api.sign_in("admin@localhost", PASSWORD)
        api.change_health_config(BRISK)
        api.add_bucket(
            name="photos", url="s3://photos", endpoint=f"http://127.0.0.1:{storage.port}", scanCron="",
            accessKeyId=KEYS[0], secretAccessKey=KEYS[1],
        )  # fmt: skip
        yield api


@pytest.fixture
def key(api):
    return api.create_token("app", scopes=["read"]).secret


class Application:
    """A program's breakers, and what they did with when."""

    def __init__(self):
        self.registry = BreakerRegistry()
        self.breaker = self.registry.get("photos")
        self._changes = queue.Queue()
        self.registry.on_transition(
            lambda change: self._changes.put((change.after, change.mode, SystemClock().now()))
        )

    def next_change(self, seconds=30):
        return self._changes.get(timeout=seconds)


@pytest.fixture
def application():
    return Application()


def opened_at(api):
    """When the server's breaker opened, by its own account."""
    return next(one.at for one in api.breaker_transitions(bucket="photos") if one.after == "open")


def is_closed_after_a_check(api):
    api.check("photos")
    return api.breaker("photos").state == "closed"


def test_breakers_of_an_application_open_and_close_with_the_servers(api, key, storage, application):
    (first,) = api.check("photos")
    assert first.is_well, first
    following = follow(api.url, key, application.registry)
    try:
        storage.kill()
        state, _, moment = application.next_change()
        assert state is State.OPEN
        assert 0 <= (moment - opened_at(api)).total_seconds() < SILENCE
        assert application.breaker.snapshot().reason == "Storekeeper says so"
        assert api.bucket_health("photos").status == "unhealthy"
        assert api.readiness().services["storage"] == "degraded"
        storage.start()
        assert any(is_closed_after_a_check(api) for _ in range(100))
        while state is not State.CLOSED:
            with contextlib.suppress(BreakerOpenError):
                application.breaker.acquire().end(OK)
            state, _, moment = application.next_change()
        assert following.connected
    finally:
        following.stop()


def test_an_application_goes_on_alone_and_finds_the_server_again(api, key, server, application):
    transport = Transport(api.url, timeout=45)
    following = Following(transport, key, application.registry, patience=0.5).start()
    try:
        api.order_breaker("mode", "photos", mode="disabled", reason="maintenance")
        assert application.next_change()[1] is Mode.DISABLED
        server.kill()
        assert application.next_change()[1] is Mode.AUTOMATIC  # what the server had said holds no longer
        for _ in range(3):
            application.breaker.acquire().end(CONNECT, 0.1)
        assert application.next_change()[0] is State.OPEN  # by its own calls
        application.breaker.reset()
        assert application.next_change()[0] is State.CLOSED
        server.start()
        assert application.next_change(90)[1] is Mode.DISABLED  # kept by the server over the crash
    finally:
        following.stop()


def test_a_stopping_server_ends_the_stream(api, key, server):
    request = urllib.request.Request(api.url + PATH, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=60) as stream:
        lines = iter(stream)
        first = next(line for line in lines if line.startswith(b"data:"))
        assert json.loads(first.removeprefix(b"data:"))["bucket"] == "photos"
        assert server.stop() == 0
        assert [line for line in lines if line.startswith(b"data:")] == []
