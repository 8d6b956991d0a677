"""The server dies by kill -9 in the middle of an import: importing the file again makes it whole, and nothing twice."""

import threading
import time
from datetime import UTC, datetime

import httpx
import pytest

from storekeeper.infra.analytics import Analytics
from tallies import TALLIES

pytestmark = pytest.mark.slow
LINES = 55_000
_EXACT = set(TALLIES) - {"heat_map"}  # these lines tell no latency


def file_of_operations():
    now = datetime.now(UTC).isoformat()  # noqa: TID251 - the server runs by the real clock
    lines = [f"{now},GetObject,200,{number}\n" for number in range(LINES)]
    return ("time,operation,status,bytesOut\n" + "".join(lines)).encode()


def broken_import(server, body):
    """An import that the server dies of once some of it was taken in."""
    some_is_taken = threading.Event()

    def slowly():
        for start in range(0, len(body), 1 << 16):
            if start > len(body) // 2:
                some_is_taken.wait(30)
            yield body[start : start + (1 << 16)]

    def send():
        with server.client() as client, pytest.raises(httpx.TransportError):
            client.post("/api/imports/csv", params={"bucket": "photos"}, content=slowly())

    sending = threading.Thread(target=send)
    sending.start()
    with server.client() as client:
        while not client.get("/api/admin/metrics/ingestion-stats").json()["accepted"]:
            time.sleep(0.02)  # noqa: TID251 - the import runs by the real clock
    server.end(kill=True)
    some_is_taken.set()
    sending.join(60)


def test_an_import_that_was_killed_is_made_whole(server):
    body = file_of_operations()
    with server.client() as client:
        client.post("/api/buckets", json={"name": "photos", "url": "s3://photos", "scanCron": ""})
    broken_import(server, body)
    server.start()
    with server.client() as client:
        last = client.post("/api/imports/csv", params={"bucket": "photos"}, content=body).json()
        assert last["accepted"] + last["duplicates"] == last["records"] == body.count(b"\n") - 1
        assert last["duplicates"] >= 10_000
        while client.get("/api/admin/metrics/ingestion-stats").json()["spooledBatches"]:
            time.sleep(0.1)  # noqa: TID251 - the drainer runs by the real clock
    server.end(kill=False)
    assert counted(server) == dict.fromkeys(("operation", *_EXACT), last["records"])


def counted(server):
    analytics = Analytics(f"chdb:///{server.data}/analytics")
    counts = {"operation": analytics.row("SELECT count() AS n FROM operation")["n"]}
    for table in _EXACT:
        counts[table] = analytics.row(f"SELECT toUInt64(sum(requests)) AS n FROM {table}")["n"]
    analytics.close()
    return counts
