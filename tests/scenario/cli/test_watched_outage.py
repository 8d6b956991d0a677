"""A storage goes down and comes back, seen by the commands of somebody who watches it."""

import contextlib
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
KEYS = ("AKIATESTTESTTESTTEST", "test-secret-key-0123456789")
PASSWORD = "correct horse battery staple"
BRISK = ("timeout=500ms", "slowResponseThreshold=450ms", "failureThreshold=2", "recoveryTimeout=1s")


@pytest.fixture
def storage(tmp_path, free_port):
    """(endpoint, start, stop) of an S3 server with the bucket `photos`."""
    (tmp_path / "storage" / "photos").mkdir(parents=True)
    port, running = free_port(), []
    command = [str(Path(sys.executable).parent / "rclone"), "serve", "s3", str(tmp_path / "storage")]
    command += ["--addr", f"127.0.0.1:{port}", "--auth-key", ",".join(KEYS), "--config", ""]

    def start():
        running.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"it exited with {running[-1].wait(0.05)}")
        pytest.fail("it did not listen")

    def stop():
        process = running.pop()
        process.kill()
        process.wait()

    start()
    yield f"http://127.0.0.1:{port}", start, stop
    while running:
        stop()


def checked_until(storekeeper, state):
    """Check again and again until the breaker is so."""
    for _ in range(30):
        storekeeper("check", "photos")
        said = storekeeper("breaker", "list", "--json").json["items"][0]
        if said["state"] == state:
            return said
    pytest.fail(f"the breaker did not become {state}: {said}")


def test_an_outage_from_begin_to_end(serve, storekeeper, storage, tmp_path):
    endpoint, start, stop = storage
    served = serve()
    login = ("login", served.url, "--email", "admin@localhost", "--password-stdin")
    assert storekeeper(*login, typed=PASSWORD).status == 0
    secret = tmp_path / "secret"
    secret.write_text(KEYS[1])
    place = ("photos", "s3://photos", "--endpoint", endpoint, "--access-key-id", KEYS[0])
    assert storekeeper("bucket", "add", *place, "--secret-file", str(secret)).status == 0
    sets = [part for setting in BRISK for part in ("--set", setting)]
    assert storekeeper("health", "config", *sets, "--json").json["config"]["timeout"] == 500

    well = storekeeper("check", "photos")
    assert (well.status, well.out[:8]) == (0, "✓ photos"), well
    assert storekeeper("health").status == 0

    stop()
    opened = checked_until(storekeeper, "open")
    assert "connect" in opened["reason"]
    sick = storekeeper("check", "photos")
    assert sick.status == 1
    assert "✗ photos" in sick.out
    assert "Diagnosis" in sick.out
    shown = storekeeper("health")
    assert shown.status == 1
    assert "storage degraded" in shown.out
    assert "All operations fail" in shown.out
    assert storekeeper("health", "photos").status == 1

    start()
    checked_until(storekeeper, "closed")
    assert storekeeper("health", "photos", "--json").json["status"] == "healthy"
    for _ in range(40):  # what was checked can be read seconds later
        history = storekeeper("health", "history", "photos", "--limit", "1000", "--json").json["items"]
        if {"ok", "failure"} <= {one["outcome"] for one in history}:
            break
    assert {"ok", "failure"} <= {one["outcome"] for one in history}

    forced = ("breaker", "mode", "photos", "forced-open", "--reason", "migration", "--yes", "--json")
    assert storekeeper(*forced).json["mode"] == "forced-open"
    assert storekeeper("breaker", "photos").status == 1
    assert storekeeper("breaker", "photos", "reset").status == 0
    audited = storekeeper("audit", "search", "--action", "breaker", "--json").json["items"]
    assert [(one["action"], one["actor"]) for one in audited] == [
        ("breaker.reset", "admin@localhost"),
        ("breaker.force-open", "admin@localhost"),
    ]
