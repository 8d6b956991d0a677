"""The server dies by kill -9 at random moments while clients report and retry: what was acknowledged is stored once."""

import json
import random
import threading
import time
import uuid
from datetime import UTC, datetime

import httpx
import pytest

from storekeeper.infra.analytics import Analytics
from tallies import TALLIES
from thoroughness import KILLS, times

pytestmark = pytest.mark.slow
DEATHS = times(KILLS, 3)
LIMITED = {"operations": 1, "bytes": 10}  # what one operation uses of quotas


def batch():
    now = datetime.now(UTC).isoformat()  # noqa: TID251 - the server runs by the real clock
    operation = {
        "time": now,
        "bucket": "photos",
        "operation": "PutObject",
        "status": 200,
        "owner": "ann",
        "bytesIn": LIMITED["bytes"],
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
def test_what_was_acknowledged_is_stored_exactly_once(server):
    with server.client() as client:
        client.post("/api/buckets", json={"name": "photos", "url": "memory://photos", "scanCron": ""})
        key = client.post("/api/tokens", json={"name": "app", "scopes": ["ingest"]}).json()["secret"]
        for measure in LIMITED:
            quota = {"owner": "ann", "measure": measure, "limit": 100, "reason": "a small plan"}
            client.post("/api/quotas", json=quota).raise_for_status()
    stop, acknowledged, chance = threading.Event(), [], random.Random(7)
    clients = [threading.Thread(target=report, args=(server, key, stop, acknowledged)) for _ in range(3)]
    for client in clients:
        client.start()
    for _ in range(DEATHS):
        before = len(acknowledged)
        while len(acknowledged) == before:
            time.sleep(0.01)  # noqa: TID251 - the clients run by the real clock
        time.sleep(chance.uniform(0.0, 1.0))  # noqa: TID251 - moments are random on purpose
        server.end(kill=True)
        server.start()
    stop.set()
    for client in clients:
        client.join(30)
    sent = sum(acknowledged)
    assert sent >= 50 * DEATHS
    await_sums(server)
    assert used(server) == {measure: one * sent for measure, one in LIMITED.items()}
    assert stored(server) == dict.fromkeys(("operation", *TALLIES), sent)


def await_sums(server):
    """Until the spool is empty."""
    with server.client() as client:
        while client.get("/api/admin/metrics/ingestion-stats").json()["spooledBatches"]:
            time.sleep(0.1)  # noqa: TID251 - the drainer runs by the real clock


def used(server):
    """What quotas count, by measure, which an edit has them do at once; each is exceeded, and that was told once."""
    with server.client() as client:
        quotas = client.get("/api/quotas").json()["items"]
        counted = {
            one["measure"]: client.patch(
                f"/api/quotas/{one['id']}", json={"limit": 99, "reason": "now"}
            ).json()
            for one in quotas
        }
        told = client.get("/api/admin/users/quota-violations").json()["items"]
    exceeded = [one["measure"] for one in told if one["level"] == "exceeded"]
    assert sorted(exceeded) == sorted(counted)
    return {measure: one["used"] for measure, one in counted.items()}


def stored(server):
    """What every table holds. The server is stopped, for only one may open the directory."""
    server.end(kill=False)
    analytics = Analytics(f"chdb:///{server.data}/analytics")
    counts = {"operation": analytics.row("SELECT count() AS n FROM operation")["n"]}
    for table in TALLIES:
        counts[table] = analytics.row(f"SELECT toUInt64(sum(requests)) AS n FROM {table}")["n"]
    analytics.close()
    return counts
