"""From a policy to a log: what is chosen, shown, confirmed, deleted, spared, stopped and brought back."""

from datetime import timedelta

import pytest

from storekeeper.cleanup.model import (
    BadPolicyError,
    Confirmation,
    NotRestorableError,
    PlanState,
    PolicyChange,
    PolicyChangedError,
    PolicyExistsError,
    StalePlanError,
    UnknownPolicyError,
)
from storekeeper.kernel.errors import BadInputError, ConflictError, UnavailableError
from storekeeper.objectstore.errors import MissingPermissionError, StoreTimeoutError
from storekeeper.objectstore.memory import MemoryStore


@pytest.fixture
def store(world):
    """Twenty old objects, and everything that must stay."""
    store = world.memory()
    world.fill(store)
    world.fill(store, 5, prefix="tmp/young/", days=1)
    world.fill(store, 5, prefix="tmp/keep/")
    world.fill(store, 5, prefix="other/")
    world.fill(store, 2, prefix="storekeeper/operations/")
    return store


def keys(store):
    return set(store._objects)


def test_a_plan_shows_what_would_go_and_deletes_nothing(world, store):
    before = keys(store)
    world.policy(excluded=["tmp/keep/"])
    plan = world.plan()
    assert (plan.state, plan.objects, plan.bytes, plan.listed) == ("ready", 20, 200, 30)
    assert [(one.name, one.objects, one.bytes) for one in plan.by_prefix] == [
        ("tmp/ann/", 10, 100),
        ("tmp/bob/", 10, 100),
    ]
    assert [(one.name, one.objects) for one in plan.by_age] == [("90 to 180 days", 20)]
    listed = world.cleanup.plans.objects(plan.id, limit=15)
    assert (len(listed.items), listed.items[0].key, listed.items[0].owner) == (15, "tmp/ann/00001", "ann")
    rest = world.cleanup.plans.objects(plan.id, after=int(listed.next_cursor))
    assert (len(rest.items), rest.next_cursor) == (5, None)
    assert keys(store) == before


def test_a_confirmed_plan_deletes_exactly_that(world, store):
    before = keys(store)
    world.policy(excluded=["tmp/keep/"])
    run = world.clean()
    assert (run.state, run.deleted, run.deleted_bytes, run.failed) == ("succeeded", 20, 200, 0)
    gone = before - keys(store)
    assert gone == {key for key, outcome in world.log(run.id).items() if outcome == "deleted"}
    assert len(gone) == 20
    assert all(key.startswith(("tmp/ann/", "tmp/bob/")) for key in gone)
    assert world.audited() == [
        "cleanup-policy.create",
        "cleanup.plan",
        "cleanup.confirm",
        "cleanup.succeeded",
    ]
    assert world.cleanup.policies.get("old").confirmed


def test_what_was_written_since_is_spared_and_what_is_gone_is_not_ours(world, store):
    world.policy(prefixes=["tmp/ann/"])
    plan = world.plan()
    store.place("tmp/ann/00001", b"new", modified=world.clock.now())
    store.delete("tmp/ann/00003")
    run = world.attempt(world.confirm(plan))
    assert (run.deleted, run.spared, run.gone) == (8, 1, 1)
    assert world.log(run.id)["tmp/ann/00001"] == "spared"
    assert store.get("tmp/ann/00001") == b"new"


def test_the_cap_holds_and_what_is_beyond_it_is_told(world, store):
    world.policy(excluded=["tmp/keep/"], most_objects=7, most_bytes=60)
    plan = world.plan()
    assert (plan.objects, plan.bytes, plan.left_objects, plan.left_bytes) == (6, 60, 14, 140)
    run = world.attempt(world.confirm(plan))
    assert run.deleted == 6


def test_tags_are_asked_for_before_the_plan_and_before_the_delete(world):
    store = world.memory()
    old = world.clock.now() - timedelta(days=100)
    for name, tags in (("a", {"kind": "temporary"}), ("b", {}), ("c", {"kind": "temporary", "x": "y"})):
        store.place(f"tmp/{name}", b"1", modified=old, tags=tags)
    world.policy(tags={"kind": "temporary"})
    plan = world.plan()
    assert plan.objects == 2
    store.place("tmp/c", b"1", modified=old, tags={"kind": "kept"})
    run = world.attempt(world.confirm(plan))
    assert world.log(run.id) == {"tmp/a": "deleted", "tmp/c": "spared"}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda world, plan: world.clock.advance(25 * 3600), "expired"),
        (lambda world, plan: world.confirm(plan), "confirmed"),
        (lambda world, plan: change(world, min_age_days=1), "policy was changed"),
        (lambda world, plan: change(world, enabled=False), "switched off"),
        (lambda world, plan: change(world, most_objects=1), "cap is lower"),
        (lambda world, plan: world.cleanup.policies.remove("old", "x", actor="a"), "removed"),
    ],
)
def test_a_stale_plan_is_refused(world, store, spoil, words):
    world.policy()
    plan = world.plan()
    spoil(world, plan)
    with pytest.raises((StalePlanError, ConflictError), match=words if words != "confirmed" else "under way"):
        world.confirm(plan)
    if words != "confirmed":
        assert len(keys(store)) == 37


def change(world, **fields):
    seen = world.cleanup.policies.get("old").revision
    return world.cleanup.policies.edit("old", PolicyChange(revision=seen, reason="x", **fields), actor="a")


def test_other_figures_than_the_plan_has_are_not_confirmed(world, store):
    world.policy()
    plan = world.plan()
    with pytest.raises(StalePlanError, match="not 1 of"):
        world.cleanup.confirm(plan.id, Confirmation(objects=1, bytes=plan.bytes), actor="a")
    world.policy("nothing", prefixes=["nowhere/"])
    with pytest.raises(BadInputError, match="nothing to delete"):
        world.confirm(world.plan("nothing"))


def test_policies_are_changed_only_as_they_were_seen(world):
    world.memory()
    world.policy()
    change(world, min_age_days=30)
    with pytest.raises(PolicyChangedError) as refused:
        world.cleanup.policies.edit("old", PolicyChange(revision=1, reason="x"), actor="b")
    assert refused.value.extra == {"revision": 2}
    with pytest.raises(PolicyExistsError):
        world.policy()
    with pytest.raises(BadPolicyError):
        world.policy("other", prefixes=[])
    with pytest.raises(BadInputError, match="cron"):
        world.policy("other", cron="often")
    with pytest.raises(BadPolicyError, match="say why"):
        world.cleanup.policies.remove("old", " ", actor="a")
    world.cleanup.policies.remove("old", "done", actor="a")
    with pytest.raises(UnknownPolicyError):
        world.cleanup.policies.get("old")
    assert world.audited() == ["cleanup-policy.create", "cleanup-policy.update", "cleanup-policy.delete"]


# Schedules


def due(world):
    """What the job of every minute starts, carried on to its end; the newest plan."""
    world.clock.advance(24 * 3600)
    for _ in range(3):
        world.cleanup.tend()
        for run in world.jobs.find(statuses=("queued",)):
            world.jobs._execute_run(run.id)
    plans = world.cleanup.plans.page(policy="old").items
    return plans[0] if plans else None


def test_a_schedule_waits_for_a_person_and_then_runs_by_itself(world, store):
    world.policy(cron="0 4 * * *", excluded=["tmp/keep/"])
    assert due(world) is None
    world.clean()
    world.fill(store, 30, prefix="tmp/again/")
    plan = due(world)
    assert (plan.state, plan.origin, plan.objects, plan.confirmed_by) == (
        "confirmed",
        "schedule",
        30,
        "schedule",
    )
    assert world.cleanup.runs.get(plan.run_id).deleted == 30
    change(world, min_age_days=89)
    world.fill(store, 3, prefix="tmp/more/")
    assert due(world).id == plan.id  # other rules: a person must look again


@pytest.mark.parametrize(
    ("options", "count", "words"),
    [({}, 500, "more than 3 times"), ({"most_objects": 25}, 40, "hits the cap")],
)
def test_a_schedule_that_would_delete_far_more_than_ever_asks(world, store, options, count, words):
    world.policy(cron="0 4 * * *", excluded=["tmp/keep/"], **options)
    world.clean()
    world.fill(store, count, prefix="tmp/accident/")
    plan = due(world)
    assert plan.state is PlanState.READY
    assert words in plan.asks
    assert "cleanup.ask" in world.audited()
    ((event, data),) = world.logged("cleanup.")
    assert (event, data["plan"], data["bucket"], data["reason"]) == (
        "cleanup.asks",
        plan.id,
        "photos",
        plan.asks,
    )
    assert (data["objects"], data["bytes"]) == (plan.objects, plan.bytes)
    assert world.attempt(world.confirm(plan)).deleted == min(count, 25 if options else count)


# When something goes wrong


class Refusing(MemoryStore):
    """`refuse` is called before each delete and may raise."""

    refuse = staticmethod(lambda key: None)

    def remove(self, key, *, seen):
        self.refuse(key)
        return super().remove(key, seen=seen)


@pytest.fixture
def refusing(world):
    store = world.memory(kind=Refusing)
    world.fill(store, 100)
    world.policy()
    return store


def test_a_key_that_can_not_be_deleted_is_logged_and_skipped(world, refusing):
    def refuse(key):
        if key == "tmp/ann/00001":
            raise MissingPermissionError("not this one")

    refusing.refuse = refuse
    run = world.clean()
    assert (run.state, run.deleted, run.failed) == ("succeeded", 99, 1)
    failed = [one for one in world.cleanup.runs.log(run.id).items if one.outcome == "failed"]
    assert [(one.key, one.reason) for one in failed] == [("tmp/ann/00001", "not this one")]


def test_many_failures_in_a_row_stop_it_and_it_goes_on_later(world, refusing):
    def refuse(_key):
        raise StoreTimeoutError("no answer")

    refusing.refuse = refuse
    run = world.clean()
    assert run.state == "retrying"
    assert "25 objects in a row" in run.error
    refusing.refuse = lambda key: None
    run = world.attempt(run.id)
    assert (run.state, run.deleted, run.failed) == ("succeeded", 100, 0)
    assert keys(refusing) == set()


def test_it_waits_while_the_bucket_is_not_well(world, refusing):
    plan = world.plan()
    run_id = world.confirm(plan)
    world.blocked = True
    run = world.attempt(run_id)
    assert (run.state, run.deleted) == ("retrying", 0)
    assert "circuit breaker" in run.error
    world.blocked = False
    assert world.attempt(run_id).deleted == 100


def test_it_is_stopped_at_once_and_its_log_is_what_is_gone(world, refusing):
    run_id = world.confirm(world.plan())
    refusing.refuse = lambda key: len(refusing._objects) == 60 and stop(world, run_id)
    run = world.attempt(run_id)
    assert (run.state, run.error) == ("stopped", "A person stopped it.")
    assert 40 <= run.deleted < 100
    assert len(keys(refusing)) == 100 - run.deleted
    assert not keys(refusing) & {key for key, outcome in world.log(run_id).items() if outcome == "deleted"}
    assert "cleanup.stop" in world.audited()
    with pytest.raises(ConflictError):
        world.cleanup.runs.stop(run_id, actor="a")


def stop(world, run_id):
    if world.cleanup.runs.get(run_id).state == "running" and not world.jobs.get(run_id).cancel_requested:
        world.cleanup.runs.stop(run_id, actor="a")
    world.clock.advance(1)  # the run asks every half second whether it was stopped


def test_a_run_that_is_stopped_while_it_waits_is_ended(world, refusing):
    world.blocked = True
    run_id = world.confirm(world.plan())
    assert world.attempt(run_id).state == "retrying"
    assert world.cleanup.runs.stop(run_id, actor="a").state == "stopped"
    assert world.cleanup.tend() == 1
    run = world.cleanup.runs.get(run_id)
    assert (run.state, run.finished_at) == ("stopped", world.clock.now())


def test_a_change_of_the_policy_stops_what_is_under_way(world, refusing):
    world.cleanup.policies.edit("old", PolicyChange(revision=1, per_second=1, reason="slowly"), actor="a")
    run_id = world.confirm(world.plan())
    refusing.refuse = lambda key: key == "tmp/ann/00005" and change(world, min_age_days=365)
    run = world.attempt(run_id)
    assert (run.state, run.error) == ("stopped", "The policy was changed.")
    assert 0 < run.deleted < 20


def test_it_is_no_faster_than_allowed(world, refusing):
    change(world, per_second=10)
    run_id = world.confirm(world.plan())
    begun = world.clock.now()
    world.attempt(run_id)
    assert (world.clock.now() - begun).total_seconds() == pytest.approx(99 / 10, abs=0.2)


def test_one_clean_up_at_a_time_in_a_bucket(world, refusing):
    world.policy("second", prefixes=["tmp/ann/"])
    second = world.plan("second")
    run_id = world.confirm(world.plan())
    with pytest.raises(ConflictError) as refused:
        world.confirm(second)
    assert refused.value.extra == {"runId": run_id}


def test_what_was_confirmed_is_begun_even_if_the_server_died_in_between(world, refusing):
    plan = world.plan()
    world.cleanup.plans.confirm(plan.id, Confirmation(objects=plan.objects, bytes=plan.bytes), actor="a")
    assert world.cleanup.tend() == 1
    assert world.cleanup.tend() == 0
    (run,) = world.jobs.find(job="cleanup-run")
    assert world.attempt(run.id).deleted == 100


# Bringing back


def test_what_was_deleted_comes_back_where_the_bucket_keeps_versions(world):
    store = world.memory()
    store.enable_versioning()
    world.fill(store)
    world.policy()
    run = world.clean()
    assert (run.deleted, run.restorable, keys(store)) == (20, 20, set())
    store.place("tmp/ann/00001", b"new", modified=world.clock.now())
    job = world.cleanup.restoring.start(run.id, actor="a")
    world.jobs._execute_run(job.id)
    run = world.cleanup.runs.get(run.id)
    assert (run.restored, run.deleted, run.restorable, run.restoring) == (19, 20, 1, False)
    assert len(keys(store)) == 20
    assert store.get("tmp/ann/00001") == b"new"
    log = world.cleanup.runs.log(run.id).items
    assert next(one.reason for one in log if one.outcome == "deleted").startswith(
        "another object is there now"
    )
    assert world.audited()[-2:] == ["cleanup.restore", "cleanup.restored"]


def test_without_versions_nothing_comes_back(world, store):
    world.policy()
    run = world.clean()
    with pytest.raises(NotRestorableError, match="kept by the bucket"):
        world.cleanup.restoring.start(run.id, actor="a")


# Keeping


def test_plans_and_logs_are_kept_for_their_time(world, store):
    world.policy(prefixes=["tmp/ann/"])
    unused, run = world.plan(), world.clean()
    world.clock.advance(8 * 86400)
    assert world.cleanup.retain() == 1
    assert not world.cleanup.plans.path(unused.id).exists()
    assert len(world.log(run.id)) == 10
    world.clock.advance(365 * 86400)
    assert world.cleanup.retain() == 1
    assert list((world.folder / "cleanup").iterdir()) == []


def test_with_a_bucket_go_its_policies_and_its_logs_stay(world, store):
    world.policy()
    run = world.clean()
    world.buckets.remove("photos", actor="a")
    assert world.cleanup.policies.all() == []
    assert len(world.log(run.id)) == 25


def test_what_a_month_costs_less_is_told_where_it_is_known(world, store, monkeypatch):
    asked = []

    def price(bucket_id, by_class):
        asked.append((bucket_id, dict(by_class)))
        if len(asked) > 1:
            raise UnavailableError("no analytics")
        return "0.5", "USD"

    monkeypatch.setattr(world.cleanup.maker, "_price", price)
    world.policy(prefixes=["tmp/ann/"])
    saving = world.plan().saving
    assert (saving.amount, saving.currency) == ("0.5", "USD")
    assert asked == [(world.buckets.get("photos").id, {"STANDARD": 100})]
    assert (world.plan().saving, world.plan().state) == (None, "ready")
