"""Storekeeper's inventory on real SQLite and chDB; runs are executed in the test's own thread."""

import itertools
import threading
from datetime import timedelta

import pytest

from callers import calling
from engines import open_database, open_engine
from storekeeper import inventory
from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import NewBucket
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.jobs import Jobs
from storekeeper.inventory import InventoryService, jobs
from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore.memory import MemoryStore

_names = itertools.count()


class ShiftedClock(SystemClock):
    """The machine's clock, moved ahead by hand: days pass at once, and pauses between retries take no time."""

    ahead = timedelta()

    def now(self):
        return super().now() + self.ahead

    def sleep(self, seconds):
        self.ahead += timedelta(seconds=seconds)


class World:
    """The services, wired as the server wires them."""

    def __init__(self, folder, **options):
        self.clock = ShiftedClock()
        self.stopping = threading.Event()
        self.database = open_database(folder)
        self.engine = open_engine(folder)
        self.jobs = Jobs(self.database, state_url=f"sqlite:///{folder}/jobs.db", clock=self.clock)
        self.audit = AuditTrail(self.database, self.clock)
        self.buckets = BucketService(self.database, Sealer("0" * 64), self.audit, self.clock)
        self.inventory = InventoryService(
            self.database, self.engine, self.jobs, self.buckets, self.audit, self.clock, **options
        )
        for job in jobs(self.inventory):
            self.jobs.register(job)

    def memory(self, kind=MemoryStore, **options):
        """A bucket in memory, registered as `photos` unless named: (store, bucket)."""
        place = f"test-{next(_names)}"
        options.setdefault("name", "photos")
        bucket = self.buckets.add(NewBucket(url=f"memory://{place}", **options), actor="test")
        store = MemoryStore._by_name[place] = kind(self.clock)
        return store, bucket

    def add(self, location, credentials, **options):
        """A bucket behind an S3 endpoint, registered as `photos` unless named."""
        options.setdefault("name", "photos")
        new = NewBucket(
            url=f"s3://{location.bucket}",
            endpoint=location.endpoint,
            region=location.region,
            access_key_id=credentials.access_key_id,
            secret_access_key=credentials.secret_access_key,
            **options,
        )
        return self.buckets.add(new, actor="test")

    def scan(self, name="photos"):
        """Run a scan to its end, or to the end of its first attempt."""
        run = self.inventory.scans.start(name, actor="test")
        return self.attempt(run.id)

    def attempt(self, run_id):
        self.jobs._execute_run(run_id)
        return self.inventory.scans.view(run_id)

    def close(self):
        self.jobs.close()
        self.engine.close()
        self.database.close()


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()


@pytest.fixture
def client(world):
    """An administrator's program or browser, by the `Accept` header."""
    with calling(
        inventory.ROUTES,
        clock=world.clock,
        buckets=world.buckets,
        inventory=world.inventory,
        stopping=world.stopping,
    ) as client:
        yield client
