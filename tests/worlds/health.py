"""Health on real SQLite, chDB and buckets behind a faulty proxy; the clock is turned by hand and rounds begin by it."""

from datetime import timedelta

import pytest

from engines import open_database, open_engine
from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import NewBucket
from storekeeper.health import HealthKeeping, HealthService
from storekeeper.health.model import HealthChange
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.db import Database
from storekeeper.kernel.clock import ManualClock, SystemClock

BRIEF = HealthChange(timeout=1000, slow_response_threshold=500)


class World:
    """`restart` is a new process on the same data; `pass_time` does what falls due meanwhile."""

    def __init__(self, folder, clock=None, url=None):
        self.folder, self.clock = folder, clock or ManualClock(SystemClock().now())
        self.database = Database(url) if url else open_database(folder)
        self.database.migrate()
        self.engine = open_engine(folder)
        self.audit = AuditTrail(self.database, self.clock)
        self.open()

    def open(self):
        self.buckets = BucketService(self.database, Sealer("0" * 64), self.audit, self.clock)
        self.health = HealthService(
            self.database,
            self.engine,
            self.buckets,
            self.audit,
            self.clock,
            data_dir=self.folder,
            node="test",
        )
        self.keeping = HealthKeeping(
            self.health, self.database, self.engine, self.buckets, self.clock,
            node="test", checks_days=30, sums_days=365,
        )  # fmt: skip
        self.health._ledger.start()

    def restart(self):
        self.health.close()
        self.open()

    def add(self, name, endpoint=None):
        if endpoint is None:
            return self.buckets.add(NewBucket(name=name, url=f"memory://{name}", scan_cron=""), actor="test")
        location, keys = endpoint.location, endpoint.credentials
        return self.buckets.add(
            NewBucket(
                name=name, url=f"s3://{location.bucket}", endpoint=endpoint.url, access_key_id=keys.access_key_id,
                secret_access_key=keys.secret_access_key, scan_cron="",
            ),
            actor="test",
        )  # fmt: skip

    def pass_time(self, seconds, step=None):
        """Turn the clock from one round that is due to the next, or by so many seconds; rounds end before it goes on."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while (left := (end - self.clock.now()).total_seconds()) > 0:
            due = self.health.monitor.step()
            self.clock.advance(min(left, step or max(due, 0.001)))
            self.do_rounds()

    def do_rounds(self):
        """Those that are due now, until they are recorded."""
        self.health.monitor.step()
        assert self.health.monitor.settle()
        self.health._tick()
        self.health._ledger.flush()

    def drain(self):
        while self.health.drainer.drain_once():
            pass

    def close(self):
        self.health.close()
        self.engine.close()
        self.database.close()


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.close()
