"""Imports on real SQLite and chDB, at noon of the day that the samples are of."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest

from callers import calling
from services import Services
from storekeeper import metering
from storekeeper.buckets.model import NewBucket
from storekeeper.kernel.clock import ManualClock
from storekeeper.metering import ImportSourceService
from storekeeper.metering.importing.api import ROUTES
from storekeeper.metering.importing.pulling.model import NewImportSource
from tallies import TALLIES

SAMPLES = Path(__file__).parents[2] / "unit" / "importing" / "samples"


class World(Services):
    """The spool is drained by hand."""

    def __init__(self, folder):
        super().__init__(folder, ManualClock())
        for name, url in (("photos", "s3://photos"), ("media", "r2://account/media")):
            self.buckets.add(NewBucket(name=name, url=url, scan_cron=""), actor="test")

    def stored(self):
        """How many operations every table holds; all the same, or the world is wrong."""
        self.drain()
        counts = {self.engine.row("SELECT toFloat64(sum(weight)) AS n FROM operation")["n"]}
        counts |= {
            self.engine.row(f"SELECT sum(requests) AS n FROM {table}")["n"]
            for table in TALLIES
            if table != "heat_map"
        }
        (count,) = counts
        return count


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()


@pytest.fixture
def client(world):
    with calling(ROUTES, clock=world.clock, buckets=world.buckets, metering=world.metering) as client:
        yield client


@pytest.fixture
def send(client):
    """`send("s3-access-log", "s3_access.log")` imports a sample, or bytes, and gives the reply."""

    def sending(form, body, *, bucket="photos", status=200, headers=None, **query):
        content = body if isinstance(body, bytes) else (SAMPLES / body).read_bytes()
        query = {"bucket": bucket} | query if bucket else query
        answer = client.post(f"/api/imports/{form}", content=content, params=query, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    return sending


class Context:
    """What a run is told of itself."""

    run_id, attempt = "r1", 1

    def __init__(self):
        self.told = []

    def progress(self, **figures):
        self.told.append(figures)


class Pulling:
    """Sources of the world, pulled in the test's own thread."""

    def __init__(self, world):
        self.service = ImportSourceService(
            world.database,
            world.sealer,
            world.audit,
            world.buckets,
            world.metering.imports,
            world.jobs,
            world.clock,
        )
        for job in metering.jobs(self.service):
            world.jobs.register(job)

    def add(self, **fields):
        return self.service.add(NewImportSource(**fields), actor="test")

    def due(self):
        """The scheduled run; how every source stands then."""
        self.service.run(Context(), {})
        return {source.name: source for source in self.service.all()}

    def now(self, name):
        self.service.run(Context(), {"source": name})
        return self.service.get(name)


@pytest.fixture
def pulling(world):
    return Pulling(world)


class Provider:
    """An endpoint that answers by wire format; `answers` maps a path to a function of the request."""

    def __init__(self):
        self.asked = []
        self.answers = {}
        handler = type("Handler", (_Handler,), {"provider": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Request(NamedTuple):
    method: str
    path: str
    query: dict
    target: str
    headers: dict
    body: bytes


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), self.path, headers, body)
        self.provider.asked.append(request)
        status, answer = self.provider.answers[parts.path](request)
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_):
        """Tests are quiet."""


@pytest.fixture
def provider():
    provider = Provider()
    yield provider
    provider.close()
