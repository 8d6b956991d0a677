"""The routes of health, and readiness, over real databases: SQLite, then PostgreSQL. The clock is turned by hand."""

import threading

import pytest

from callers import calling
from engines import open_engine
from storekeeper import health
from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import NewBucket
from storekeeper.dashboard import DashboardService
from storekeeper.dashboard import api as dashboard_api
from storekeeper.health import api as health_api
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.jobs import Jobs
from storekeeper.infra.web import Answers
from storekeeper.kernel.clock import ManualClock


class World:
    """The services, wired as the server wires them. Nothing is checked unless it is asked for."""

    def __init__(self, database, engine, folder):
        self.clock, self.database, self.engine, self.folder = ManualClock(), database, engine, folder
        self.jobs = Jobs(database, state_url=f"sqlite:///{folder}/jobs.db", clock=self.clock)
        self.audit = AuditTrail(database, self.clock)
        self.buckets = BucketService(database, Sealer("0" * 64), self.audit, self.clock)
        self.health = health.HealthService(
            database, self.engine, self.buckets, self.audit, self.clock, data_dir=folder, node="test"
        )
        self.health._ledger.start()
        self.answers = Answers(self.clock)
        self.dashboard = DashboardService(
            database, self.engine, self.jobs, self.audit, self.clock,
            health=self.health, answers=self.answers, data_dir=folder,
        )  # fmt: skip

    def add(self, name, endpoint=""):
        """In memory, or at an endpoint."""
        url = f"s3://{name}" if endpoint else f"memory://{name}"
        self.buckets.add(NewBucket(name=name, url=url, endpoint=endpoint, scan_cron=""), actor="test")

    def drain(self):
        while self.health.drainer.drain_once():
            pass

    def audited(self):
        """(action, target, actor) of all that was done to health, the oldest first."""
        kinds = ("breaker.", "health-config.", "monitoring.")
        found = [(one.action, one.target, one.actor) for one in self.audit.page(limit=100).items]
        return [one for one in reversed(found) if one[0].startswith(kinds)]

    def close(self):
        self.health.close()
        self.jobs.close()


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """One for all tests of a file: buckets have ids of their own, so nobody sees what is another's."""
    made = open_engine(tmp_path_factory.mktemp("health"))
    yield made
    made.close()


@pytest.fixture
def world(database, engine, tmp_path):
    made = World(database, engine, tmp_path)
    yield made
    made.close()


@pytest.fixture
def client(world):
    """An administrator's program."""
    routes = [*health_api.ROUTES, dashboard_api.health, dashboard_api.api_health]
    with calling(
        routes,
        answers=world.answers,
        clock=world.clock,
        buckets=world.buckets,
        health=world.health,
        dashboard=world.dashboard,
        stopping=threading.Event(),
    ) as client:
        yield client


@pytest.fixture
def ask(client):
    """`ask("GET", "/history", limit=3)`: the JSON of an answer; a body is given as `json`."""

    def call(method, path, json=None, **query):
        answer = client.request(method, f"/api/health{path}", json=json, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return call


@pytest.fixture
def refused(client):
    """(status, slug, words) of a refusal."""

    def call(method, path, json=None, **query):
        answer = client.request(method, f"/api/health{path}", json=json, params=query)
        told = answer.json()
        fields = "".join(f" {one['key']}: {one['message']}" for one in told.get("errors", ()))
        return answer.status_code, told["type"].rpartition("/")[2], told["detail"] + fields

    return call
