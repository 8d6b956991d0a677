"""What every control database must do for clean-up, SQLite and PostgreSQL alike."""

import pytest
import sqlalchemy as sa

from storekeeper.cleanup import repository
from storekeeper.cleanup.model import (
    Choice,
    CleanupRun,
    Group,
    Origin,
    Plan,
    PlanState,
    Policy,
    RunState,
    Saving,
)
from storekeeper.cleanup.repository import Of
from storekeeper.kernel.clock import ManualClock

CLOCK = ManualClock()
NOW = CLOCK.now()
POLICY = Policy(
    id="p1", name="old", bucket="photos", prefixes=("tmp/",), tags={"a": "b"}, min_age_days=90, max_size=5, most_objects=10**9,
    most_bytes=10**15, per_second=5, cron="", enabled=True, confirmed=False, revision=1, reason="x", created_at=NOW,
    updated_at=NOW, updated_by="ann",
)  # fmt: skip
PLAN = Plan(
    id="01", policy="old", bucket="photos", state=PlanState.READY, origin=Origin.PERSON, actor="ann",
    choice=Choice(prefixes=("tmp/",)), objects=3, bytes=10**14, by_prefix=(Group(name="tmp/", objects=3, bytes=9),),
    saving=Saving(amount="0.5", currency="USD"), started_at=NOW,
)  # fmt: skip
RUN = CleanupRun(
    id="r1", plan_id="01", policy="old", bucket="photos", state=RunState.RUNNING, origin=Origin.PERSON, actor="ann",
    planned=3, planned_bytes=9,
)  # fmt: skip


def test_a_policy_comes_back_as_it_was(database):
    with database.write() as connection:
        repository.insert_policy(connection, POLICY, "b1")
        known = repository.find_policy(connection, "old")
        assert (known.policy, known.bucket_id, known.scheduled_at) == (POLICY, "b1", None)
        repository.note_schedule(connection, "p1", NOW)
        assert repository.policies(connection, "photos")[0].scheduled_at == NOW
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        repository.insert_policy(connection, POLICY, "b1")


def test_a_plan_changes_its_state_only_once(database):
    with database.write() as connection:
        repository.insert_plan(connection, PLAN, Of("p1", "b1"))
        assert repository.get_plan(connection, "01") == (PLAN, Of("p1", "b1"))
        assert repository.update_plan(connection, PLAN, only_in=PlanState.CONFIRMED) is False
        assert repository.update_plan(connection, PLAN, only_in=PlanState.READY) is True
        assert [one.id for one in repository.plans(connection, policy_id="p1", state=PlanState.READY)] == [
            "01"
        ]
        assert repository.plans(connection, before="01") == []


def test_a_run_is_saved_again_and_forgotten_with_its_plan(database):
    with database.write() as connection:
        repository.insert_plan(connection, PLAN, Of("p1", "b1"))
        for _ in range(2):
            repository.save_run(connection, RUN, "b1")
        assert repository.runs(connection, policy="old") == [RUN]
        repository.delete_plan(connection, "01")
        assert (repository.get_run(connection, "r1"), repository.get_plan(connection, "01")) == (None, None)
