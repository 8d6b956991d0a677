"""A real server, a real vantage point as a process of its own, and an endpoint that is dead for one of them, then for both."""

import contextlib
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.fixture
def places(tmp_path):
    """`places(name, *arguments, **environment)`: processes that end with the test."""
    running = []

    def start(name, *arguments, **environment):
        place = Place(tmp_path / name, *arguments, **environment)
        running.append(place)
        return place

    yield start
    for place in reversed(running):
        if place.process.poll() is None:
            place.stop()


@pytest.fixture
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


@pytest.fixture
def endpoint(server, endpoints):
    made = endpoints.faithful()
    keys = made.credentials
    server.client.add_bucket(
        name="photos", url=f"s3://{made.location.bucket}", endpoint=made.url,
        accessKeyId=keys.access_key_id, secretAccessKey=keys.secret_access_key,
    )  # fmt: skip
    return made


@pytest.fixture
def prober(server, endpoint, places):
    secret = server.client.create_token("fra-1", scopes=["probe"]).secret
    place = places("prober", "--role", "prober", "--server", server.url, STOREKEEPER_TOKEN=str(secret))
    place.until(lambda: [one for one in server.client.vantage_points() if one.heard])
    return place


def becomes(server, status, words=""):
    """Wait until the bucket has that status for that reason; how it is then."""

    def told():
        found = server.client.bucket_health("photos")
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


def test_a_place_that_falls_silent_does_not_count(server, endpoint, prober):
    endpoint.proxy.faults.only, endpoint.proxy.faults.refuse = ".storekeeper-probe/fra-1", True
    becomes(server, "degraded", "fra-1 only")
    assert prober.stop() == 0
    found = becomes(server, "healthy")
    assert [one.status for one in found.vantage] == ["healthy", "unknown"]
    assert [one.heard for one in server.client.vantage_points()] == [False]


def test_rounds_go_on_while_the_server_is_away_and_are_told_afterwards(server, endpoint, prober):
    frozen = becomes(server, "healthy").checked_at
    requests = endpoint.proxy.requests
    server.process.send_signal(19)  # SIGSTOP: it answers nobody, and probes nothing
    try:
        assert prober.until(lambda: endpoint.proxy.requests >= requests + 15)
    finally:
        server.process.send_signal(18)  # SIGCONT

    def told():
        checks = [one for one in server.client.checks(bucket="photos", limit=200) if one.vantage == "fra-1"]
        times = sorted({one.time for one in checks})
        gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(times)]
        later = [time for time in times if (time - frozen).total_seconds() > 0]
        return len(later) >= 5 and max(gaps) < 3

    assert server.until(told)


def test_nothing_is_left_in_the_bucket(server, endpoint, prober):
    becomes(server, "healthy")
    assert prober.stop() == 0
    server.client.stop_monitoring()
    assert server.stop() == 0
    with contextlib.closing(endpoint.open()) as store:
        keys = store.list_page(prefix=".storekeeper-probe/").objects["key"].to_pylist()
    assert keys == []
    assert "stopped" in prober.log()


def test_a_key_of_another_scope_is_refused(server, places):
    secret = server.client.create_token("reader", scopes=["read"]).secret
    place = places("prober", "--role", "prober", "--server", server.url, STOREKEEPER_TOKEN=str(secret))
    assert place.process.wait(30) == 4
    assert "lacks the scope probe" in place.log()
    assert "storekeeper token create NAME --scope probe" in place.log()


def test_it_is_light(server, endpoint, prober):
    """No database, no engine, nothing of the server's: what is mapped into the process tells."""
    maps = Path(f"/proc/{prober.process.pid}/maps").read_text()
    assert [name for name in ("chdb", "sqlite3", "granian", "psycopg") if f"/{name}" in maps] == []
