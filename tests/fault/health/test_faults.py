"""What happens to checks when disks are full, engines are away and endpoints hang."""

import contextlib

import pytest

from storekeeper.health.model import HealthChange, Status
from storekeeper.kernel.clock import SystemClock
from storekeeper.kernel.errors import UnavailableError
from storekeeper.objectstore import parse_location

FULL = "PRAGMA max_page_count = 1"  # SQLite makes it as many as there are: not one more
EMPTY = "PRAGMA max_page_count = 1073741823"
pytestmark = pytest.mark.slow


def ids(world):
    return [one.id for one in world.health.history(limit=1000).items]


def test_rounds_wait_in_memory_while_the_spool_is_full(world):
    world.add("a")
    world.do_rounds()
    spool = world.health._spool
    spool._writer.execute("VACUUM")
    spool._writer.execute(FULL)
    world.pass_time(30 * 60, step=30)
    stats = world.health.stats()
    assert "spool could not be written" in stats.last_error
    assert world.health._ledger.waiting > 0
    assert world.health.status("a").status is Status.HEALTHY  # what is known goes on being told
    age = world.clock.now() - world.health.status("a").checked_at
    assert age.total_seconds() <= 30
    spool._writer.execute(EMPTY)
    world.pass_time(30)
    assert world.health._ledger.waiting == 0
    assert world.health.stats().last_error == ""
    world.drain()
    found = ids(world)
    assert len(found) == len(set(found)) == world.health.monitor.rounds * 3


def test_breakers_open_while_nothing_can_be_stored(world, endpoints):
    endpoint = endpoints.faithful()
    world.health.configure(HealthChange(timeout=1000, slow_response_threshold=900), actor="test")
    world.add("photos", endpoint)
    world.do_rounds()
    spool = world.health._spool
    spool._writer.execute("VACUUM")
    spool._writer.execute(FULL)
    endpoint.proxy.faults.refuse = True
    world.pass_time(120, step=30)
    assert world.health.breakers.get("photos").state == "open"
    assert world.health.status("photos").status is Status.UNHEALTHY
    assert [one.after for one in world.health.breakers.transitions().items][-1:] == ["open"]


def test_rounds_stay_in_the_spool_while_the_engine_is_away(world):
    world.add("a")
    world.do_rounds()
    world.engine.command("RENAME TABLE health_check TO health_check_away")
    with pytest.raises(UnavailableError):
        world.drain()
    assert world.health.stats().waiting == 1
    world.engine.command("RENAME TABLE health_check_away TO health_check")
    world.restart()
    world.drain()
    assert len(ids(world)) == 3
    assert world.health.stats().waiting == 0


def test_a_damaged_round_is_set_aside(world):
    world.add("a")
    world.do_rounds()
    world.health.check_now()
    world.health._spool._writer.execute("UPDATE batch SET body = x'00' WHERE seq = 1")
    world.drain()
    assert len(ids(world)) == 3
    assert world.health._spool.level().quarantined == 1


def test_buckets_that_hang_delay_no_other(tmp_path, endpoints, make_world):
    """By the real clock: forty that hang for as long as they may, and ten that answer, each once a second."""
    endpoint = endpoints.faithful()
    endpoint.proxy.faults.delay = 30
    with contextlib.closing(make_world(tmp_path, SystemClock())) as world:
        for number in range(40):
            world.add(f"hanging{number}", endpoint)
        for number in range(10):
            world.add(f"quick{number}")
        change = HealthChange(check_interval=1000, timeout=1000, slow_response_threshold=900)
        world.health.configure(change, actor="test")
        world.health.monitor.start()
        world.clock.sleep(6)
        missed = world.health.stats().missed_by_bucket
        assert [name for name in missed if name.startswith("quick")] == []
        now = world.clock.now()
        for number in range(10):
            checked = world.health.status(f"quick{number}").checked_at
            assert (now - checked).total_seconds() < 1.5
        assert world.health.monitor.drift_p99() < 0.5
        assert sum(name.startswith("hanging") for name in missed) == 40
        endpoint.proxy.stopping.set()  # let go of what hangs


def test_a_machine_that_was_asleep_begins_no_rounds_at_once(world):
    for number in range(20):
        world.add(f"b{number}")
    world.do_rounds()
    before = world.health.monitor.rounds
    world.clock.advance(8 * 3600)
    world.do_rounds()
    assert world.health.monitor.rounds - before == 20
    assert {one.status for one in world.health.statuses()} == {Status.HEALTHY}


def test_a_nowhere_endpoint_of_a_monitored_bucket_is_said_in_words(world, endpoints, free_port):
    endpoint = endpoints.faithful()
    endpoint.url = f"http://127.0.0.1:{free_port()}"
    endpoint.location = parse_location("s3://b", endpoint=endpoint.url)
    world.add("photos", endpoint)
    world.pass_time(60, step=30)
    (round_,) = world.health.check_now("photos")
    assert "Connection refused" in round_.diagnosis
    assert world.health.status("photos").reason.startswith("All operations fail since ")
