"""Quotas on real SQLite and chDB: buckets that are scanned, operations that are reported, a clock that is turned by hand."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from callers import calling
from engines import open_database, open_engine
from storekeeper import inventory, metering, quotas
from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import NewBucket
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.jobs import Jobs
from storekeeper.kernel.clock import ManualClock
from storekeeper.metering import api as metering_api
from storekeeper.notifications import NotificationService
from storekeeper.objectstore.memory import MemoryStore
from storekeeper.quotas.model import Measure, NewQuota

NOW = datetime(2026, 11, 20, 12, 20, tzinfo=UTC)


class World:
    """The services, wired as the server wires them; what is reported is moved on at once."""

    def __init__(self, folder):
        self.clock = ManualClock(NOW)
        self.database = open_database(folder)
        self.engine = open_engine(folder)
        self.jobs = Jobs(self.database, state_url=f"sqlite:///{folder}/jobs.db", clock=self.clock)
        self.audit = AuditTrail(self.database, self.clock)
        self.buckets = BucketService(self.database, Sealer("0" * 64), self.audit, self.clock)
        self.inventory = inventory.InventoryService(
            self.database, self.engine, self.jobs, self.buckets, self.audit, self.clock
        )
        for job in inventory.jobs(self.inventory):
            self.jobs.register(job)
        self.metering = metering.MeteringService(
            self.engine, self.buckets, self.clock, data_dir=folder, address_key=b"k" * 32
        )
        self.notifications = NotificationService(self.database, Sealer("0" * 64), self.audit, self.clock)
        self.quotas = quotas.QuotaService(
            self.database,
            self.engine,
            self.inventory,
            self.buckets,
            self.notifications,
            self.audit,
            self.clock,
        )
        self.stores = {}

    def bucket(self, name):
        new = NewBucket(name=name, url=f"memory://{name}", scan_cron="", owner_pattern="users/{owner}/")
        self.buckets.add(new, actor="test")
        self.stores[name] = MemoryStore._by_name[name] = MemoryStore(self.clock)
        return name

    def scan(self, name="photos"):
        run = self.inventory.scans.start(name, actor="test")
        self.jobs._execute_run(run.id)
        assert self.inventory.scans.view(run.id).status == "succeeded"

    def limit(self, owner="ann", bucket="", measure="bytes", limit=1000, **options):
        """Its id."""
        measured = Measure(measure)
        new = NewQuota(owner=owner, bucket=bucket, measure=measured, limit=limit, reason="a test", **options)
        return self.quotas.add(new, actor="admin@example.com").id

    def audited(self):
        """(action, target, actor, details) of all that was done to quotas, the oldest first."""
        found = [one for one in self.audit.page(limit=100).items if one.action.startswith("quota.")]
        return [(one.action, one.target, one.actor, one.details) for one in reversed(found)]

    def close(self):
        self.metering._spool.close()
        self.jobs.close()
        self.engine.close()
        self.database.close()


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    world.bucket("photos")
    world.bucket("logs")
    yield world
    world.close()


@pytest.fixture
def client(world):
    """An administrator's program or browser, by the `Accept` header."""
    routes = [*quotas.ROUTES, *metering_api.ROUTES]
    services = {"buckets": world.buckets, "metering": world.metering, "quotas": world.quotas}
    with calling(routes, clock=world.clock, **services) as client:
        yield client


@pytest.fixture
def report(world, client):
    """`report(minutes_ago=5, operation="PutObject", bytesIn=10)` sends one operation, or `times` of them."""

    def send(times=1, *, minutes_ago=0.0, **fields):
        operation = {
            "time": (world.clock.now() - timedelta(minutes=minutes_ago)).isoformat(),
            "bucket": "photos",
            "operation": "PutObject",
            "status": 200,
            "owner": "ann",
            "key": "users/ann/b.jpg",
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
