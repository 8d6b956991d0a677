"""Operations from HTTP body to durable acknowledgement and to queryable, beside the engine alone and VictoriaMetrics.

The limit is the bare insert of the same columns into the same tables, all sums included. VictoriaMetrics imports the
same rows as CSV with two values each. Then 500 requests/s of 50 operations each, to a server of their own: how long an
acknowledgement takes, beside how long the disk alone takes to write down as much.
"""

import contextlib
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from benchmarks import operations
from benchmarks.harness import ADMIN, PASSWORD, table, verdict, version

from storekeeper.buckets.model import Bucket
from storekeeper.infra.analytics import Analytics
from storekeeper.metering.analytics import MeteringAnalytics
from storekeeper.metering.decoding import decode
from storekeeper.metering.service.columns import to_columns
from storekeeper_client import Client

ROWS = 1_000_000
SMALL_ROWS = 100_000  # in batches of 50 the number of requests is what takes time
ROUNDS = 2
ENGINE_BATCH, AT_ONCE = 250_000, 2  # as the drainer inserts
RATE, RATE_SECONDS = 500, 10
KINDS = {"Arrow": (operations.as_arrow, "application/vnd.apache.arrow.stream"),
         "NDJSON": (operations.as_ndjson, "application/x-ndjson")}  # fmt: skip


def main():
    best, waits = {}, []
    for number in range(ROUNDS):
        rows = operations.make(ROWS, seed=number)
        _keep_best(best, "bare insert", (None, _bare(rows)))
        with served() as (url, key):
            for batch in (50_000, 1000, 50):
                for name in KINDS:
                    sent = rows.slice(0, SMALL_ROWS) if batch == 50 else rows
                    _keep_best(best, (name, batch), _sent(url, key, sent, name, batch))
        with served() as (url, key):
            waits.append((_paced(url, key, rows), _disk()))
        if shutil.which("victoria-metrics"):
            _keep_best(best, "VictoriaMetrics", (None, _victoria(rows)))
    return _report(best, waits)


def _report(best, waits):
    limit, peer = best["bare insert"][1], best.get("VictoriaMetrics", (None, 0))[1]
    lines = []
    for name, (durable, queryable) in best.items():
        label = name if isinstance(name, str) else f"{name[0]}, batches of {name[1]:,}"
        lines.append(
            [label, f"{durable:,.0f}" if durable else "-", f"{queryable:,.0f}", f"{queryable / limit:.0%}"]
        )
    tool = (
        f"VictoriaMetrics {version('dpkg-query', '-W', '-f=${Version}', 'victoria-metrics')}"
        if peer
        else "VictoriaMetrics is not installed"
    )
    table(f"Operations/s, {ROWS:,} rows, best of {ROUNDS} ({tool})",
          ["", "durable", "queryable", "of the limit"], lines)  # fmt: skip
    acknowledged, disk = min(waits, key=lambda pair: _p99(pair[0]))
    p99 = _p99(acknowledged)
    print(
        f"  acknowledgement of 50 at {RATE} requests/s: p50 {statistics.median(acknowledged):.1f} ms, p99 {p99:.1f} ms; "
        f"the disk alone: p50 {statistics.median(disk):.1f} ms, p99 {_p99(disk):.1f} ms"
    )
    arrow, lines = best["Arrow", 50_000][1], best["NDJSON", 50_000][1]
    return verdict([
        ("Arrow: at least half of the bare insert", arrow >= limit / 2),
        ("NDJSON: at least a quarter of the bare insert", lines >= limit / 4),
        ("Arrow: ahead of VictoriaMetrics", arrow > peer > 0),
        ("p99 of an acknowledgement below 20 ms", p99 < 20),
    ])  # fmt: skip


def _keep_best(best, name, rates):
    best[name] = max(best.get(name, rates), rates, key=lambda pair: pair[1])


def _bare(rows):
    """Rows a second into an empty engine, from columns that are ready."""
    moment = datetime.now(UTC)  # noqa: TID251 - no more than a stamp
    buckets = {
        f"bucket-{n}": Bucket(id=str(uuid.uuid4()), name=f"bucket-{n}", url="", endpoint="", region="", provider="",
                              access_key_id="", created_at=moment, updated_at=moment)
        for n in range(operations.BUCKETS)
    }  # fmt: skip
    body = operations.as_arrow(rows)
    with tempfile.TemporaryDirectory(prefix="storekeeper-bench-") as folder:
        path = Path(folder) / "body"
        path.write_bytes(body)
        with path.open("rb") as file:
            pieces = [piece for piece, _ in decode(file, media_type=KINDS["Arrow"][1], encoding="")]
        columns = to_columns(
            pa.concat_tables(pieces).combine_chunks(), buckets, address_key=b"key", source="bench"
        )
        engine = Analytics(f"chdb:///{folder}/analytics")
        engine.migrate()
        analytics = MeteringAnalytics(engine)
        analytics.insert(columns.slice(0, 1000), token="warm")
        begun = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for part in [
                pool.submit(analytics.insert, columns.slice(start, ENGINE_BATCH), token=str(start))
                for start in range(0, columns.num_rows, ENGINE_BATCH)
            ]:
                part.result()
        seconds = time.perf_counter() - begun
        engine.close()
    return rows.num_rows / seconds


@contextlib.contextmanager
def served():
    """(address, API key) of a server in a process of its own, with the buckets registered."""
    with tempfile.TemporaryDirectory(prefix="storekeeper-bench-") as folder:
        port = _free_port()
        command = [sys.executable, "-m", "storekeeper", "serve", "--data-dir", folder, "--port", str(port)]
        environment = {"STOREKEEPER_ADMIN_PASSWORD": PASSWORD, "STOREKEEPER_LOG_LEVEL": "error", "PATH": ""}
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                _await(port)
                with Client(f"http://127.0.0.1:{port}") as client:
                    client.sign_in(ADMIN, PASSWORD)
                    for number in range(operations.BUCKETS):
                        client.add_bucket(name=f"bucket-{number}", url=f"memory://b{number}", scanCron="")
                    key = client.create_token("bench", scopes=["ingest", "read"]).secret
                yield f"127.0.0.1:{port}", key
            finally:
                process.terminate()


def _sent(url, key, rows, kind, batch):
    """(durable, queryable) operations a second."""
    encode, media_type = KINDS[kind]
    bodies = [encode(rows.slice(start, batch)) for start in range(0, rows.num_rows, batch)]
    before = _stats(url, key)["drained"]
    workers = 8 if batch <= 1000 else 2
    begun = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        for part in [
            pool.submit(_post_all, url, key, media_type, bodies[n::workers]) for n in range(workers)
        ]:
            part.result()
    durable = time.perf_counter() - begun
    while _stats(url, key)["drained"] - before < rows.num_rows:
        time.sleep(0.02)  # noqa: TID251 - a real process takes real time
    queryable = time.perf_counter() - begun
    return rows.num_rows / durable, rows.num_rows / queryable


def _post_all(url, key, media_type, bodies):
    connection = http.client.HTTPConnection(url)
    for body in bodies:
        _post(connection, key, media_type, body)
    connection.close()


def _post(connection, key, media_type, body):
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": media_type,
        "Idempotency-Key": uuid.uuid4().hex,
    }
    while True:
        connection.request("POST", "/api/operations", body, headers)
        answer = connection.getresponse()
        told = answer.read()
        if answer.status == 200:
            return
        if answer.status != 429:
            raise RuntimeError(f"{answer.status}: {told[:300]}")
        time.sleep(0.2)  # as told: the spool is full for a moment  # noqa: TID251


def _paced(url, key, rows):
    """Milliseconds of each acknowledgement at a fixed rate of requests, sorted; waiting for one's turn counts."""
    count = RATE * RATE_SECONDS
    bodies = [operations.as_ndjson(rows.slice(n * 50 % 900_000, 50)) for n in range(1000)]
    workers, waits, lock = 32, [], threading.Lock()
    begun = time.perf_counter() + 0.2

    def work(worker):
        connection, mine = http.client.HTTPConnection(url), []
        for number in range(worker, count, workers):
            due = begun + number / RATE
            time.sleep(max(0.0, due - time.perf_counter()))  # noqa: TID251 - real load
            _post(connection, key, KINDS["NDJSON"][1], bodies[number % 1000])
            mine.append((time.perf_counter() - due) * 1000)
        with lock:
            waits.extend(mine)

    with ThreadPoolExecutor(workers) as pool:
        for part in [pool.submit(work, worker) for worker in range(workers)]:
            part.result()
    return sorted(waits)


def _disk():
    """Milliseconds of each write and fsync of as many bytes as a commit of the spool has, at the rate of commits, sorted."""
    waits, block = [], b"x" * 20_000
    with tempfile.NamedTemporaryFile(prefix="storekeeper-bench-") as file:
        for _ in range(RATE_SECONDS * 100):
            file.write(block)
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            waits.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.01)  # noqa: TID251 - a real disk
    return sorted(waits)


def _p99(waits):
    return waits[int(len(waits) * 0.99)]


def _victoria(rows):
    """Rows a second until they can be asked for."""
    bodies = [operations.as_csv(rows.slice(start, 50_000)) for start in range(0, rows.num_rows, 50_000)]
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="storekeeper-bench-") as folder:
        command = [
            "victoria-metrics",
            f"-storageDataPath={folder}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=1y",
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                _await(port)
                begun = time.perf_counter()
                with ThreadPoolExecutor(2) as pool:
                    list(pool.map(lambda body: _import(port, body), bodies))
                _ask(port, "GET", "/internal/force_flush")
                return rows.num_rows / (time.perf_counter() - begun)
            finally:
                process.terminate()


def _import(port, body):
    _ask(port, "POST", f"/api/v1/import/csv?format={operations.VICTORIA_FORMAT}", body)


def _ask(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, path, body)
    answer = connection.getresponse()
    if answer.status >= 300:
        raise RuntimeError(f"{answer.status}: {answer.read()[:300]}")
    answer.read()
    connection.close()


def _stats(url, key):
    connection = http.client.HTTPConnection(url)
    connection.request(
        "GET", "/api/admin/metrics/ingestion-stats", headers={"Authorization": f"Bearer {key}"}
    )
    told = json.loads(connection.getresponse().read())
    connection.close()
    return told


def _await(port):
    for _ in range(1200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)  # noqa: TID251 - a real process takes real time
    raise RuntimeError("no server")


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
