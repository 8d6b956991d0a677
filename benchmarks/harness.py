"""What benchmarks share: a whole Storekeeper in a temporary directory, and tables of results."""

import contextlib
import logging
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from litestar.testing import TestClient

from storekeeper.app import Storekeeper
from storekeeper.buckets.model import NewBucket
from storekeeper.infra import memory
from storekeeper.infra.telemetry import configure_logging
from storekeeper.infra.web.server import SWITCH_SECONDS
from storekeeper.kernel.clock import SystemClock
from storekeeper.settings import Settings, load, with_keys

BIN = Path(sys.executable).parent
ADMIN, PASSWORD = "admin@localhost", "benchmark-password-0"


@contextlib.contextmanager
def storekeeper(folder="", clock=None, **chosen):
    """(server, client): everything wired as `serve` does, and a signed-in client of its application.

    In `folder`, which stays, or in a temporary one, with settings that are `chosen`.
    """
    logging.disable(logging.CRITICAL)
    configure_logging(level="error")
    with (
        contextlib.nullcontext(folder) if folder else tempfile.TemporaryDirectory(prefix="storekeeper-bench-")
    ) as data_dir:
        chosen = {"cache_ttl": 0, **chosen}  # reads that are kept would not be measured
        settings: Settings = load({}, data_dir=data_dir, admin_email=ADMIN, admin_password=PASSWORD, **chosen)
        server = Storekeeper(with_keys(settings), clock or SystemClock())
        try:
            with TestClient(server.application, base_url="https://storekeeper.test") as client:
                sign_in(client)
                sys.setswitchinterval(SWITCH_SECONDS)  # this and the next as `serve` does
                memory.collect_rarely()
                yield server, client
        finally:
            server.close()


def sign_in(client):
    """Again, where so much time has passed that the client's token is not good any more."""
    client.headers.pop("Authorization", None)
    answer = client.post("/api/auth/token", json={"email": ADMIN, "password": PASSWORD})
    client.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"


def add_bucket(server, bucket, endpoint, credentials, **options):
    """Register `bucket` of an S3 server under its own name."""
    new = NewBucket(
        name=bucket,
        url=f"s3://{bucket}",
        endpoint=endpoint,
        access_key_id=credentials[0],
        secret_access_key=credentials[1],
        scan_cron="",
        **options,
    )
    return server.buckets.add(new, actor="benchmark")


def scan(server, bucket):
    """The ended scan; raises when it did not succeed."""
    run = server.inventory.scans.start(bucket, actor="benchmark")
    pause = threading.Event()
    while (view := server.inventory.scans.view(run.id)).status in ("queued", "running"):
        pause.wait(0.1)
    if view.status != "succeeded":
        raise RuntimeError(f"{view.status}: {view.error}")
    return view


def merged(server):
    """Wait until the engine merges nothing."""
    pause = threading.Event()
    while server.analytics.row("SELECT count() AS n FROM system.merges")["n"]:
        pause.wait(0.2)


def version(*command):
    """The first line of what a program says of its version."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]


def table(title, header, rows):
    """Print rows of cells, right-aligned but for the first."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    print(f"\n{title}")
    for row in cells:
        first, *rest = (
            cell.ljust(w) if not n else cell.rjust(w)
            for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "  ".join([first, *rest]))
    sys.stdout.flush()


def verdict(claims):
    """Print each (claim, whether it holds); the exit status of the benchmark."""
    for claim, holds in claims:
        print(f"  {'holds ' if holds else 'MISSED'}  {claim}")
    return 0 if all(holds for _, holds in claims) else 1
