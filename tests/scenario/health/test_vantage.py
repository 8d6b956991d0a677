"""A real server, a real vantage point as a process of its own, and an endpoint that is dead for one of them, then for both."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from endpoints import Endpoints
from storekeeper.kernel.clock import SystemClock
from storekeeper_client import Client, UnreachableError

pytestmark = pytest.mark.slow
PASSWORD = "tide-pool-lantern"
BRIEF = {"checkInterval": 1000, "timeout": 800, "slowResponseThreshold": 700, "recoveryTimeout": 2000}
PATIENCE = 30.0


class Place:
    """A process of Storekeeper, with its own folder and log."""

    def __init__(self, folder, *arguments, **environment):
        self.folder = folder
        folder.mkdir()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("STOREKEEPER_")}  # noqa: TID251 - handed on
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "storekeeper", "serve", *arguments],
                env=inherited | environment | {"XDG_CONFIG_HOME": str(folder)},
                cwd=folder, stdout=log, stderr=log,
            )  # fmt: skip

    def log(self):
        return (self.folder / "log").read_text()

    def until(self, told):
        """Ask until the answer is not empty; that answer."""
        for _ in range(int(PATIENCE / 0.1)):
            with contextlib.suppress(UnreachableError):
                if found := told():
                    return found
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"ended with {self.process.wait(0.1)}: {self.log()[-2000:]}")
        pytest.fail(f"it did not come about: {told()} {self.log()[-3000:]}")

    def stop(self):
        """Its exit status."""
        self.process.terminate()
        return self.process.wait(30)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """`places(name, *arguments, **environment)`: processes that end with the last test."""
    running, folder = [], tmp_path_factory.mktemp("places")

    def start(name, *arguments, **environment):
        place = Place(folder / name, *arguments, **environment)
        running.append(place)
        return place

    yield start
    for place in reversed(running):
        if place.process.poll() is None:
            place.stop()


@pytest.fixture(scope="module")
def server(places, free_port):
    port = free_port()
    place = places("server", "--data-dir", "data", "--port", str(port), STOREKEEPER_ADMIN_PASSWORD=PASSWORD)
    place.url = f"http://127.0.0.1:{port}"
    with Client(place.url) as client:
        place.until(client.health)
        client.sign_in("admin@localhost", PASSWORD)
        client.change_health_config(BRIEF)
        place.client = client
        yield place


@pytest.fixture(scope="module")
def photos(server, rclone_server, tmp_path_factory):
    """An endpoint that is watched from the first test to the last."""
    with contextlib.ExitStack() as running:
        endpoint = Endpoints(rclone_server, tmp_path_factory.mktemp("endpoints"), running).faithful()
        watch(server, endpoint, "photos")
        yield endpoint


@pytest.fixture
def endpoint(photos):
    """It is well when a test begins."""
    photos.proxy.faults.only, photos.proxy.faults.refuse = "", False
    return photos


@pytest.fixture(scope="module")
def prober(server, photos, places):
    return probing(server, places, "fra-1")


def watch(server, endpoint, name):
    keys = endpoint.credentials
    server.client.add_bucket(
        name=name, url=f"s3://{endpoint.location.bucket}", endpoint=endpoint.url,
        accessKeyId=keys.access_key_id, secretAccessKey=keys.secret_access_key,
    )  # fmt: skip


def probing(server, places, name):
    """A vantage point that the server has heard of. What it checks are the buckets that are there now."""
    secret = server.client.create_token(name, scopes=["probe"]).secret
    place = places(name, "--role", "prober", "--server", server.url, STOREKEEPER_TOKEN=str(secret))
    place.until(lambda: name in heard(server))
    return place


def heard(server):
    return [one.name for one in server.client.vantage_points() if one.heard]


def becomes(server, status, words="", *, bucket="photos"):
    """Wait until the bucket has that status for that reason; how it is then."""

    def told():
        found = server.client.bucket_health(bucket)
        return found if found.status == status and words in found.reason else None

    return server.until(told)


def test_what_one_place_sees_is_degraded_and_what_both_see_opens_the_breaker(server, endpoint, prober):
    faults = endpoint.proxy.faults
    found = becomes(server, "healthy")
    assert [(one.name, one.status, one.here) for one in found.vantage] == [
        ("this server", "healthy", True),
        ("fra-1", "healthy", False),
    ]
    assert not found.is_disputed

    faults.only, faults.refuse = ".storekeeper-probe/fra-1", True
    found = becomes(server, "degraded", "seen failing from fra-1 only")
    assert found.breaker == "closed"
    assert [one.status for one in found.vantage] == ["healthy", "unhealthy"]
    assert found.is_disputed

    faults.only = f".storekeeper-probe/{(server.folder / 'data' / 'node').read_text()}"
    found = becomes(server, "degraded", "seen failing from this server only")
    assert found.breaker == "closed"

    faults.only = ""
    found = becomes(server, "unhealthy", "seen failing from this server and fra-1")
    assert server.until(lambda: server.client.breaker("photos").state == "open")

    faults.refuse = False
    becomes(server, "healthy")
    assert server.until(lambda: server.client.breaker("photos").state == "closed")
    told = [one.reason for one in server.client.breaker_transitions(bucket="photos") if one.after == "open"]
    assert told
    assert all("failed" in reason for reason in told)


def test_rounds_go_on_while_the_server_is_away_and_are_told_afterwards(server, endpoint, prober):
    becomes(server, "healthy")
    requests, clock = endpoint.proxy.requests, SystemClock()
    server.process.send_signal(signal.SIGSTOP)  # it answers nobody, and probes nothing
    away = clock.now()
    try:
        assert prober.until(lambda: endpoint.proxy.requests >= requests + 15)
    finally:
        back = clock.now()
        server.process.send_signal(signal.SIGCONT)

    def told():
        checks = [one for one in server.client.checks(bucket="photos", limit=200) if one.vantage == "fra-1"]
        return len({one.time for one in checks if away < one.time < back}) >= 3

    assert server.until(told)


def test_a_key_of_another_scope_is_refused(server, places):
    secret = server.client.create_token("reader", scopes=["read"]).secret
    place = places("reader", "--role", "prober", "--server", server.url, STOREKEEPER_TOKEN=str(secret))
    assert place.process.wait(30) == 4
    assert "lacks the scope probe" in place.log()
    assert "storekeeper token create NAME --scope probe" in place.log()


def test_it_is_light(prober):
    """No database, no engine, nothing of the server's: what is mapped into the process tells."""
    maps = Path(f"/proc/{prober.process.pid}/maps").read_text()
    assert "python" in maps
    assert [name for name in ("chdb", "sqlite3", "granian", "psycopg") if f"/{name}" in maps] == []


def test_a_place_that_falls_silent_does_not_count(server, endpoint, prober):
    endpoint.proxy.faults.only, endpoint.proxy.faults.refuse = ".storekeeper-probe/fra-1", True
    becomes(server, "degraded", "fra-1 only")
    assert prober.stop() == 0  # no test comes after this one that needs it
    found = becomes(server, "healthy")
    assert [one.status for one in found.vantage] == ["healthy", "unknown"]
    assert heard(server) == []


def test_nothing_is_left_in_the_bucket(server, endpoints, places):
    endpoint = endpoints.faithful()
    watch(server, endpoint, "tidy")
    prober = probing(server, places, "ams-1")
    becomes(server, "healthy", bucket="tidy")
    assert prober.stop() == 0
    server.client.stop_monitoring()
    assert server.stop() == 0  # no test comes after this one
    with contextlib.closing(endpoint.open()) as store:
        keys = store.list_page(prefix=".storekeeper-probe/").objects["key"].to_pylist()
    assert keys == []
    assert "stopped" in prober.log()
