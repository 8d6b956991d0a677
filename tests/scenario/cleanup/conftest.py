"""Clean-up on real SQLite files; runs are executed in the test's own thread, by a clock that is turned by hand."""

import itertools
import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from litestar.testing import TestClient

from storekeeper import cleanup
from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import NewBucket
from storekeeper.cleanup.model import Confirmation, NewPolicy
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.db import Database, metadata
from storekeeper.infra.jobs import Jobs
from storekeeper.infra.web import Pages, Principal, Role, WebOptions, create
from storekeeper.kernel.clock import ManualClock
from storekeeper.notifications import NotificationService
from storekeeper.objectstore.memory import MemoryStore

NOW = datetime(2026, 11, 20, 12, 20, tzinfo=UTC)
_names = itertools.count()


class World:
    """The services, wired as the server wires them. `blocked` says whether the bucket is not well."""

    def __init__(self, folder, clock=None):
        self.clock = clock or ManualClock(NOW)
        self.blocked = False
        self.folder = folder
        self.database = Database(f"sqlite:///{folder}/control.db")
        metadata.create_all(self.database.engine)
        self.jobs = Jobs(self.database, state_url=f"sqlite:///{folder}/jobs.db", clock=self.clock)
        self.audit = AuditTrail(self.database, self.clock)
        self.buckets = BucketService(self.database, Sealer("0" * 64), self.audit, self.clock)
        self.notifications = NotificationService(self.database, Sealer("0" * 64), self.audit, self.clock)
        self.cleanup = cleanup.CleanupService(
            self.database,
            self.buckets,
            self.jobs,
            self.notifications,
            self.audit,
            self.clock,
            data_dir=folder,
            log_days=365,
            is_blocked=lambda _bucket_id: self.blocked,
        )
        for job in cleanup.jobs(self.cleanup):
            self.jobs.register(job)

    def told(self, prefix):
        """(event, data) of what the log was told of that begins so, the oldest first."""
        with self.database.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT event, body FROM notification WHERE target = 'log' ORDER BY id"
            ).all()
        return [(event, json.loads(body)["data"]) for event, body in rows if event.startswith(prefix)]

    def memory(self, name="photos", kind=MemoryStore):
        """A bucket in memory."""
        place = f"cleanup-{next(_names)}"
        self.buckets.add(
            NewBucket(name=name, url=f"memory://{place}", owner_pattern="tmp/{owner}/"), actor="test"
        )
        store = MemoryStore._by_name[place] = kind(self.clock)
        return store

    def fill(self, store, count=20, *, prefix="tmp/", days=100, size=10):
        """So many objects; the owner is told by the folder."""
        for number in range(count):
            modified = self.clock.now() - timedelta(days=days)
            store.place(
                f"{prefix}{'ann' if number % 2 else 'bob'}/{number:05}", b"x" * size, modified=modified
            )

    def policy(self, name="old", **options):
        given = {"bucket": "photos", "prefixes": ["tmp/"], "min_age_days": 90, "reason": "a test"} | options
        return self.cleanup.policies.add(NewPolicy(name=name, **given), actor="ann@example.com")

    def plan(self, name="old"):
        """Made to its end."""
        run = self.cleanup.plans.start(name, actor="ann@example.com")
        self.jobs._execute_run(run.id)
        return self.cleanup.plans.get(run.id)

    def confirm(self, plan):
        """The id of the run, which has not begun."""
        seen = Confirmation(objects=plan.objects, bytes=plan.bytes)
        return self.cleanup.confirm(plan.id, seen, actor="ann@example.com")

    def attempt(self, run_id):
        self.jobs._execute_run(run_id)
        return self.cleanup.runs.get(run_id)

    def clean(self, name="old"):
        """Plan, confirm, delete."""
        return self.attempt(self.confirm(self.plan(name)))

    def log(self, run_id):
        """Outcome by key."""
        return {one.key: one.outcome.value for one in self.cleanup.runs.log(run_id, limit=10_000).items}

    def audited(self):
        """What was done, the oldest first."""
        found = [one for one in self.audit.page(limit=200).items if one.action.startswith("cleanup")]
        return [one.action for one in reversed(found)]

    def close(self):
        self.jobs.close()
        self.database.close()


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("world"))
    yield world
    world.close()


@pytest.fixture
def world(shared_world):
    """As new: making one takes half a second."""
    shared_world.blocked = False
    shutil.rmtree(shared_world.folder / "cleanup", ignore_errors=True)
    with shared_world.database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    return shared_world


class Anybody:
    """Whoever asks with a role's name as bearer has that role; `key` is an API key of an admin."""

    def recall(self, _authorization):
        return None

    def authenticate(self, *, authorization, session_cookie):
        name = authorization.removeprefix("Bearer ")
        if name == "key":
            return Principal(id=name, email="a@b", role=Role.ADMIN, via="key", scopes=frozenset({"admin"}))
        return Principal(id=name, email=f"{name}@example.com", role=Role(name), via="token")


@pytest.fixture
def client(world):
    """An administrator's program or browser, by the `Accept` header."""
    application = create(
        routes=cleanup.ROUTES,
        services={"clock": world.clock, "buckets": world.buckets, "cleanup": world.cleanup},
        pages=Pages(world.clock, (), "test"),
        authenticator=Anybody(),
        options=WebOptions(version="test"),
    )
    with TestClient(application, base_url="https://storekeeper.test") as client:
        client.headers["Authorization"] = "Bearer admin"
        client.follow_redirects = False
        yield client
