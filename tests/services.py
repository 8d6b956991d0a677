"""Storekeeper's services in a test's own process: what worlds of scenarios are made of."""

import itertools
import json
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from engines import open_database, open_engine
from storekeeper import costs, inventory
from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import NewBucket
from storekeeper.health import HealthService
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.jobs import Jobs
from storekeeper.kernel.clock import Clock
from storekeeper.metering import MeteringService
from storekeeper.notifications import NotificationService
from storekeeper.objectstore.memory import MemoryStore
from storekeeper.quotas import QuotaService

_numbers = itertools.count()


class Services:
    """Those of one data directory, on SQLite and chDB, wired as the server wires them; each is made when it is first asked for."""

    def __init__(self, folder: Path, clock: Clock, *, at_once: Sequence[str] = ()) -> None:
        """`at_once` names those that others must hear from before anybody asks for them."""
        self.folder, self.clock = folder, clock
        self.sealer, self.stopping = Sealer("0" * 64), threading.Event()
        self.scanning = {}  # options of the inventory
        self.stores = {}  # by name of bucket, of those in memory
        for name in at_once:
            getattr(self, name)

    @cached_property
    def database(self):
        return open_database(self.folder)

    @cached_property
    def engine(self):
        return open_engine(self.folder)

    @cached_property
    def jobs(self):
        return Jobs(self.database, state_url=f"sqlite:///{self.folder}/jobs.db", clock=self.clock)

    @cached_property
    def audit(self):
        return AuditTrail(self.database, self.clock)

    @cached_property
    def buckets(self):
        return BucketService(self.database, self.sealer, self.audit, self.clock)

    @cached_property
    def inventory(self):
        made = inventory.InventoryService(
            self.database, self.engine, self.jobs, self.buckets, self.audit, self.clock, **self.scanning
        )
        self._register(inventory.jobs(made))
        return made

    @cached_property
    def metering(self):
        return MeteringService(
            self.engine, self.buckets, self.clock, data_dir=self.folder, address_key=b"k" * 32
        )

    @cached_property
    def health(self):
        return HealthService(
            self.database, self.engine, self.buckets, self.audit, self.clock, data_dir=self.folder, node="test"
        )  # fmt: skip

    @cached_property
    def notifications(self):
        return NotificationService(self.database, self.sealer, self.audit, self.clock)

    @cached_property
    def quotas(self):
        return QuotaService(
            self.database, self.engine, self.inventory, self.buckets, self.notifications, self.audit, self.clock
        )  # fmt: skip

    @cached_property
    def costs(self):
        made = costs.CostService(
            self.database, self.engine, self.inventory, self.buckets, self.jobs, self.audit, self.clock,
            data_dir=self.folder,
        )  # fmt: skip
        self._register(costs.jobs(made))
        made.on_calculated(self._watch)
        return made

    def _watch(self):
        self.budgets.watch()
        self.unclassified.watch()

    @cached_property
    def budgets(self):
        return costs.BudgetService(
            self.database, self.engine, self.buckets, self.costs.answers, self.notifications, self.audit, self.clock
        )  # fmt: skip

    @cached_property
    def unclassified(self):
        return costs.UnclassifiedWatch(
            self.database, self.engine, self.buckets, self.notifications, self.clock
        )

    def _register(self, jobs):
        for job in jobs:
            self.jobs.register(job)

    def memory(self, kind=MemoryStore, *, name="photos", **options):
        """A bucket in memory that is registered: (store, bucket)."""
        place = f"test-{next(_numbers)}"
        bucket = self.buckets.add(NewBucket(name=name, url=f"memory://{place}", **options), actor="test")
        self.stores[name] = MemoryStore._by_name[place] = kind(self.clock)
        return self.stores[name], bucket

    def scan(self, name="photos"):
        """Run a scan in the test's own thread to its end, or to the end of its first attempt."""
        return self.attempt(self.inventory.scans.start(name, actor="test").id)

    def attempt(self, run_id):
        self.jobs._execute_run(run_id)
        return self.inventory.scans.view(run_id)

    def drain(self):
        """What was reported gets into the sums."""
        while self.metering._drainer.drain_once():
            pass

    def logged(self, prefix):
        """(event, data) of what the log was told of that begins so, the oldest first."""
        with self.database.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT event, body FROM notification WHERE target = 'log' ORDER BY id"
            ).all()
        return [(event, json.loads(body)["data"]) for event, body in rows if event.startswith(prefix)]

    def close(self):
        """Those that were made, the last first."""
        for name in ("metering", "health", "jobs", "engine", "database"):
            if name in vars(self):
                getattr(self, name).close()
