"""Following what comes: new operations are told once, and a server that stops ends the streams."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime

import pytest

from storekeeper_client import Client

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery staple"


@pytest.fixture
def server(tmp_path, free_port):
    """(process, administrator's client) of a server that watches `photos`."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "storekeeper",
        "serve",
        "--data-dir",
        str(tmp_path / "data"),
        "--port",
        str(port),
    ]
    environment = dict(os.environ) | {"STOREKEEPER_ADMIN_PASSWORD": PASSWORD}  # noqa: TID251 - handed on
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=tmp_path)
    try:
        _await(process, port)
        with Client(f"http://127.0.0.1:{port}") as api:
            api.sign_in("admin@localhost", PASSWORD)
            api.add_bucket(name="photos", url="memory://photos", scanCron="")
            yield process, api
    finally:
        process.kill()
        process.wait()


def _await(process, port):
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            pytest.fail(f"server exited with {process.wait(0.05)}")
    pytest.fail("server did not listen")


def report(api, name):
    key = api.create_token("meter", scopes=["ingest"]).secret
    now = datetime.now(UTC).isoformat()  # noqa: TID251 - the server runs by the real clock
    body = [{"time": now, "bucket": "photos", "operation": "GetObject", "status": 200, "requestId": name}]
    request = urllib.request.Request(
        f"{api.url}/api/operations",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()


def next_event(stream):
    """The ids of the operations in the next event; none at the end of the stream."""
    for line in stream:
        if line.startswith(b"data:"):
            return [one["requestId"] for one in json.loads(line.removeprefix(b"data:"))]
    return None


def test_what_comes_is_told_once_and_a_stopping_server_ends_the_stream(server):
    process, api = server
    token = api._session.tokens.access_token
    request = urllib.request.Request(
        f"{api.url}/api/user/storage/activity/events?seconds=600",
        headers={"Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=60) as stream:
        assert next_event(stream) == []
        report(api, "first")
        assert next_event(stream) == ["first"]
        report(api, "second")
        assert next_event(stream) == ["second"]
        process.terminate()
        assert next_event(stream) is None
    assert process.wait(30) == 0
