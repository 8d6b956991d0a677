"""Checks by schedule: settings take effect at once, what was found can be read, and nothing is left behind."""

from datetime import timedelta

import pytest

from storekeeper.buckets.model import BucketChange
from storekeeper.health.model import HealthChange, HealthConfigError, Status
from storekeeper.objectstore.probing import RESERVED_PREFIX, ProbeOperation, new_name

PUT, GET, LIST = ProbeOperation.PUT, ProbeOperation.GET, ProbeOperation.LIST


def keys(world, name, prefix=RESERVED_PREFIX):
    store = world.buckets.open(world.buckets.get(name))
    return store.list_page(prefix=prefix).objects["key"].to_pylist()


def rounds(world):
    return world.health.monitor.rounds


def test_a_new_bucket_is_checked_at_once_and_then_by_its_cadence(world):
    world.add("a")
    world.do_rounds()
    assert rounds(world) == 1
    world.pass_time(30 * 10)
    assert rounds(world) == 11
    planned = world.health.status("a").next_check_at
    world.pass_time(30 * 10, step=7)  # late by up to seven seconds, yet without drift
    assert rounds(world) == 21
    assert (world.health.status("a").next_check_at - planned) % timedelta(seconds=30) < timedelta(seconds=0.1)
    assert keys(world, "a") == []


def test_rounds_of_many_buckets_spread_after_a_restart(world):
    for number in range(40):
        world.add(f"b{number}")
    world.do_rounds()
    world.restart()
    places = {health.next_check_at.second for health in world.health.statuses()}
    assert len(places) > 12


def test_missed_rounds_are_counted_and_not_made_up_for(world):
    world.add("a")
    world.do_rounds()
    world.clock.advance(30 * 5 + 1)
    world.do_rounds()
    assert rounds(world) == 2
    assert world.health.stats().missed_by_bucket == {"a": 4}


def test_settings_hold_at_once_and_outlive_a_restart(world):
    world.add("a")
    world.add("b")
    world.do_rounds()
    world.health.configure(HealthChange(check_interval=10_000, test_operations=(LIST, GET)), actor="ann@x")
    world.health.override("b", HealthChange(check_interval=60_000), actor="ann@x")
    before = rounds(world)
    world.pass_time(60)
    assert rounds(world) - before == 6 + 1
    tested = {check.operation for one in world.health.check_now("a") for check in one.checks}
    assert tested == {LIST, GET}
    world.restart()
    assert world.health.effective("a").check_interval == 10_000
    assert world.health.effective("b").check_interval == 60_000
    assert world.health.effective("b").test_operations == (GET, LIST)
    assert set(world.health.overrides()) == {"b"}
    world.health.override("b", HealthChange(check_interval=None), actor="ann@x")
    assert world.health.effective("b").check_interval == 10_000
    said = [
        (one.target, one.details.get("check_interval") or one.details.get("checkInterval"))
        for one in world.audit.page(action="health-config").items
    ]
    assert said == [("b", "60000 → 10000"), ("b", "10000 → 60000"), ("all buckets", "30000 → 10000")]


@pytest.mark.parametrize(
    "change",
    [
        HealthChange(test_operations=()),
        HealthChange(timeout=40_000),
        HealthChange(slow_response_threshold=6_000),
        HealthChange(check_interval=None),
    ],
)
def test_settings_that_make_no_sense_are_refused(world, change):
    before = world.health.config()
    with pytest.raises(HealthConfigError):
        world.health.configure(change, actor="ann@x")
    assert world.health.config() == before
    assert world.audit.page(action="health-config").items == []


def test_switched_off_nothing_is_checked_and_soon_nothing_known(world):
    world.add("a")
    world.do_rounds()
    world.health.stop(actor="ann@x")
    before = rounds(world)
    world.pass_time(89)
    assert rounds(world) == before
    assert world.health.status("a").status is Status.HEALTHY
    world.restart()
    assert not world.health.running
    world.pass_time(2)
    health = world.health.status("a")
    assert (health.status, health.next_check_at) == (Status.UNKNOWN, None)
    assert health.reason.startswith("No check since ")
    assert [one.outcome for one in world.health.check_now("a")] == ["ok"]  # by hand it is possible
    world.health.start(actor="ann@x")
    world.pass_time(30)
    assert world.health.status("a").status is Status.HEALTHY
    assert [one.action for one in world.audit.page(action="monitoring").items] == [
        "monitoring.start",
        "monitoring.stop",
    ]


def test_an_edited_bucket_is_checked_at_once_and_by_what_it_is_now(world, tmp_path):
    world.add("a")
    world.do_rounds()
    before = rounds(world)
    world.buckets.edit("a", BucketChange(scan_cron="0 4 * * *"), actor="test")
    world.do_rounds()
    assert rounds(world) == before + 1


def test_time_in_which_the_server_was_down_is_unknown(world):
    world.add("a")
    world.do_rounds()
    world.health.close()
    world.clock.advance(3600)
    world.open()
    world.do_rounds()
    world.pass_time(30)
    (found,) = world.health.uptime(days=2)
    known = sum(day.healthy for day in found.days)
    assert 90 <= known <= 90 + 31
    assert found.uptime == 1.0
    assert [one.after for one in world.health.changes().items] == ["healthy", "unknown", "healthy"]


def test_history_pages_and_sums(world):
    world.add("a")
    world.add("b")
    world.do_rounds()
    world.pass_time(120)
    world.drain()
    seen, cursor = [], ""
    while cursor is not None:
        page = world.health.history(limit=7, cursor=cursor)
        seen += page.items
        cursor = page.next_cursor
    assert len(seen) == len({one.id for one in seen}) == rounds(world) * 3
    assert [one.time for one in seen] == sorted((one.time for one in seen), reverse=True)
    only = world.health.history(bucket="a", limit=1000).items
    assert {one.bucket for one in only} == {"a"}
    assert 0 < len(only) < len(seen)
    metrics = world.health.metrics(hours=1)
    assert sum(one.checks for one in metrics.totals) == len(seen)
    assert {(one.bucket, one.operation) for one in metrics.totals} == {
        (bucket, operation) for bucket in "ab" for operation in ("put", "get", "delete")
    }
    assert sum(one.checks for one in metrics.series) == len(seen)
    long = world.health.metrics(hours=24 * 30)
    assert sum(one.checks for one in long.totals) == len(seen)


def test_what_is_too_old_goes(world):
    world.add("a")
    world.do_rounds()
    world.drain()
    told = []
    world.clock.advance(31 * 86400)
    world.keeping.retain(lambda **figures: told.append(figures))
    assert world.health.history().items == []
    assert world.health.metrics(hours=24 * 60).totals != []
    world.clock.advance(400 * 86400)
    world.keeping.retain(lambda **figures: told.append(figures))
    assert world.health.metrics(hours=24 * 366).totals == []
    assert len(world.health.changes().items) == 1  # the last one still holds


def test_the_sweeper_takes_what_can_not_be_under_way(world):
    world.add("a")
    store = world.buckets.open(world.buckets.get("a"))
    now = world.clock.now()
    old_of_ours = new_name("test", now - timedelta(minutes=10))
    of_this_process = new_name("test", now + timedelta(seconds=1))
    young_of_others = new_name("other", now - timedelta(minutes=59))
    old_of_others = new_name("other", now - timedelta(minutes=61))
    foreign = RESERVED_PREFIX + "test/notes.txt"
    for key in (old_of_ours, of_this_process, young_of_others, old_of_others, foreign):
        store.put(key, b"x")
    assert world.keeping.sweep(lambda **_: None) == 2
    assert set(keys(world, "a")) == {of_this_process, young_of_others, foreign}
    world.clock.advance(120)
    assert world.keeping.sweep(lambda **_: None) == 2
    assert keys(world, "a") == [foreign]
