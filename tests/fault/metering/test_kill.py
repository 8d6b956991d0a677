"""The server dies by kill -9 at random moments while clients report and retry: what was acknowledged is stored once."""

import json
import random
import subprocess
import sys
import threading
import time
import uuid
from datetime import UTC, datetime

import httpx
import pytest

from storekeeper.infra.analytics import Analytics
from storekeeper.metering.keeping.analytics import SUMS
from thoroughness import KILLS, times

pytestmark = pytest.mark.slow
DEATHS = times(KILLS, 3)
PASSWORD = "correct-horse-battery"


class Server:
    """A server process on one data directory, started again after every death."""

    def __init__(self, data_dir, port):
        self.url = f"http://127.0.0.1:{port}"
        self._command = [
            sys.executable,
            "-m",
            "storekeeper",
            "serve",
            "--data-dir",
            str(data_dir),
            "--port",
            str(port),
        ]
        self._log = (data_dir.parent / "server.log").open("ab")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            self._command,
            env={"STOREKEEPER_ADMIN_PASSWORD": PASSWORD, "PATH": ""},
            stdout=self._log,
            stderr=self._log,
        )
        for _ in range(400):
            try:
                if httpx.get(self.url + "/health", timeout=1).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)  # noqa: TID251 - a real process takes real time
        pytest.fail("the server did not start")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.kill()
        self._log.close()


@pytest.fixture
def server(tmp_path, free_port):
    server = Server(tmp_path / "data", free_port())
    server.start()
    yield server
    server.close()


def sign_in(client):
    answer = client.post("/api/auth/token", json={"email": "admin@localhost", "password": PASSWORD})
    return {"Authorization": "Bearer " + answer.json()["accessToken"]}


def batch():
    now = datetime.now(UTC).isoformat()  # noqa: TID251 - the server runs by the real clock
    operation = {
        "time": now,
        "bucket": "photos",
        "operation": "PutObject",
        "status": 200,
        "owner": "ann",
        "bytesIn": 10,
        "latencyMs": 7,
    }
    return b"\n".join(json.dumps(operation).encode() for _ in range(50))


def report(server, key, stop, acknowledged):
    """A client that sends batches and does not give one up until it was acknowledged."""
    with httpx.Client(base_url=server.url, timeout=5) as client:
        while not stop.is_set():
            headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": str(uuid.uuid4())}
            body = batch()
            while True:
                try:
                    answer = client.post("/api/operations", content=body, headers=headers)
                except httpx.TransportError:
                    time.sleep(0.02)  # noqa: TID251 - the server is away for real
                    continue
                assert answer.status_code == 200, answer.text
                reply = answer.json()
                acknowledged.append(reply["accepted"] + reply["duplicates"])
                break


@pytest.mark.timeout(60 + 20 * DEATHS)
def test_what_was_acknowledged_is_stored_exactly_once(server, tmp_path):
    with httpx.Client(base_url=server.url, timeout=10) as client:
        admin = sign_in(client)
        client.post(
            "/api/buckets", headers=admin, json={"name": "photos", "url": "memory://photos", "scanCron": ""}
        )
        key = client.post("/api/tokens", headers=admin, json={"name": "app", "scopes": ["ingest"]}).json()[
            "secret"
        ]
    stop, acknowledged, chance = threading.Event(), [], random.Random(7)
    clients = [threading.Thread(target=report, args=(server, key, stop, acknowledged)) for _ in range(3)]
    for client in clients:
        client.start()
    for _ in range(DEATHS):
        before = len(acknowledged)
        while len(acknowledged) == before:
            time.sleep(0.01)  # noqa: TID251 - the clients run by the real clock
        time.sleep(chance.uniform(0.0, 1.0))  # noqa: TID251 - moments are random on purpose
        server.kill()
        server.start()
    stop.set()
    for client in clients:
        client.join(30)
    sent = sum(acknowledged)
    assert sent >= 50 * DEATHS
    assert stored(server) == dict.fromkeys(("operation", *SUMS), sent)


def stored(server):
    """What every table holds, once the spool is empty. The server is stopped, for only one may open the directory."""
    with httpx.Client(base_url=server.url, timeout=10) as client:
        admin = sign_in(client)
        while client.get("/api/admin/metrics/ingestion-stats", headers=admin).json()["spooledBatches"]:
            time.sleep(0.1)  # noqa: TID251 - the drainer runs by the real clock
    server.process.terminate()
    server.process.wait()
    data_dir = server._command[server._command.index("--data-dir") + 1]
    analytics = Analytics(f"chdb:///{data_dir}/analytics")
    counts = {"operation": analytics.row("SELECT count() AS n FROM operation")["n"]}
    for table in SUMS:
        counts[table] = analytics.row(f"SELECT toUInt64(sum(requests)) AS n FROM {table}")["n"]
    analytics.close()
    return counts
