"""Clean-up on real SQLite files; runs are executed in the test's own thread, by a clock that is turned by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from services import Services
from storekeeper import cleanup
from storekeeper.cleanup.model import Confirmation, NewPolicy
from storekeeper.kernel.clock import ManualClock
from storekeeper.objectstore.memory import MemoryStore

NOW = datetime(2026, 11, 20, 12, 20, tzinfo=UTC)


class World(Services):
    """`blocked` says whether the bucket is not well."""

    def __init__(self, folder, clock=None):
        super().__init__(folder, clock or ManualClock(NOW))
        self.blocked = False
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
        self._register(cleanup.jobs(self.cleanup))

    def memory(self, name="photos", kind=MemoryStore):
        """A bucket in memory."""
        store, _ = super().memory(kind, name=name, owner_pattern="tmp/{owner}/")
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


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()
