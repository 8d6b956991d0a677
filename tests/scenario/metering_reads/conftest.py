"""Operations reported over HTTP and read back, on real SQLite and chDB, by a clock that stands still."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from callers import calling
from engines import open_database, open_engine
from storekeeper import dashboard
from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import NewBucket
from storekeeper.costs import BudgetService, CostService, UnclassifiedWatch
from storekeeper.health import HealthService
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.jobs import Jobs
from storekeeper.inventory import InventoryService, jobs
from storekeeper.kernel.clock import ManualClock
from storekeeper.metering import EmbedLinks, MeteringService, api, pages, read_api
from storekeeper.metering.embedding import api as embed_api
from storekeeper.metering.embedding import pages as embed_pages
from storekeeper.notifications import NotificationService
from storekeeper.objectstore.memory import MemoryStore
from storekeeper.quotas import QuotaService

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


class World:
    """The services, wired as the server wires them; what is reported is moved on at once."""

    def __init__(self, folder):
        self.clock = ManualClock(NOW)
        self.database = open_database(folder)
        self.engine = open_engine(folder)
        self.jobs = Jobs(self.database, state_url=f"sqlite:///{folder}/jobs.db", clock=self.clock)
        self.audit = AuditTrail(self.database, self.clock)
        self.buckets = BucketService(self.database, Sealer("0" * 64), self.audit, self.clock)
        self.inventory = InventoryService(
            self.database, self.engine, self.jobs, self.buckets, self.audit, self.clock
        )
        for job in jobs(self.inventory):
            self.jobs.register(job)
        self.metering = MeteringService(
            self.engine, self.buckets, self.clock, data_dir=folder, address_key=b"k" * 32
        )
        self.health = HealthService(
            self.database, self.engine, self.buckets, self.audit, self.clock, data_dir=folder, node="test"
        )
        self.costs = CostService(
            self.database,
            self.engine,
            self.inventory,
            self.buckets,
            self.jobs,
            self.audit,
            self.clock,
            data_dir=folder,
        )
        self.notifications = NotificationService(self.database, Sealer("0" * 64), self.audit, self.clock)
        self.budgets = BudgetService(
            self.database,
            self.engine,
            self.buckets,
            self.costs.answers,
            self.notifications,
            self.audit,
            self.clock,
        )
        self.unclassified = UnclassifiedWatch(
            self.database, self.engine, self.buckets, self.notifications, self.clock
        )
        self.quotas = QuotaService(
            self.database,
            self.engine,
            self.inventory,
            self.buckets,
            self.notifications,
            self.audit,
            self.clock,
        )
        self.links = EmbedLinks(
            self.database, self.audit, b"k" * 32, self.clock, public_url="https://keeper.test"
        )
        self.folder, self.stores = folder, {}

    def bucket(self, name, **options):
        self.buckets.add(NewBucket(name=name, url=f"memory://{name}", scan_cron="", **options), actor="test")
        self.stores[name] = MemoryStore._by_name[name] = MemoryStore(self.clock)
        return name

    def scan(self, name):
        run = self.inventory.scans.start(name, actor="test")
        self.jobs._execute_run(run.id)
        return self.inventory.scans.view(run.id).status

    def close(self):
        self.metering._spool.close()
        self.health.close()
        self.jobs.close()
        self.engine.close()
        self.database.close()


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    world.bucket("photos")
    world.bucket("logs", store_keys=False)
    yield world
    world.close()


@pytest.fixture
def client(world):
    """An administrator's program or browser, by the `Accept` header. A stranger sends no `Authorization`."""
    parts = (api, read_api, pages, embed_api, embed_pages)
    with calling(
        [*(route for part in parts for route in part.ROUTES), *dashboard.ROUTES],
        clock=world.clock,
        buckets=world.buckets,
        inventory=world.inventory,
        metering=world.metering,
        embed_links=world.links,
        overview=dashboard.OverviewReader(
            world.inventory, world.metering, world.costs, world.budgets, world.quotas, world.clock
        ),
        budgets=world.budgets,
        unclassified=world.unclassified,
        stopping=threading.Event(),
        health=world.health,
        costs=world.costs,
        storage=dashboard.StorageReader(world.inventory, world.buckets, world.quotas, world.clock),
        dashboard=None,
        jobs=world.jobs,
    ) as client:
        yield client


@pytest.fixture
def report(world, client):
    """`report(minutes_ago=5, bucket="photos", …)` sends one operation, or `times` of them, and waits for its sums."""

    def send(times=1, *, minutes_ago=5.0, **fields):
        operation = {
            "time": (world.clock.now() - timedelta(minutes=minutes_ago)).isoformat(),
            "bucket": "photos",
            "operation": "GetObject",
            "status": 200,
            "owner": "ann",
            "key": "a/b.jpg",
            "bytesOut": 1000,
            "latencyMs": 20,
        } | fields
        answer = client.post(
            "/api/operations",
            content="\n".join([json.dumps(operation)] * times),
            headers={"Authorization": "Bearer ingest", "Content-Type": "application/x-ndjson"},
        )
        assert answer.json()["accepted"] == times, answer.text
        while world.metering._drainer.drain_once():
            pass

    return send


@pytest.fixture
def ask(client):
    """The JSON of a read."""

    def read(path, **query):
        answer = client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return read
