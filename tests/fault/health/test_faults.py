"""What happens to checks when disks are full, engines are away and endpoints hang."""

import pytest

from storekeeper.health.model import HealthChange, Status
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


def test_buckets_that_hang_delay_no_other(world, endpoints):
    """Forty that hang to the end, and ten that answer, for three minutes of one round each."""
    endpoint, monitor = endpoints.faithful(), world.health.monitor
    endpoint.proxy.faults.delay = 600
    world.health.configure(HealthChange(check_interval=60_000, timeout=60_000), actor="test")
    hanging = [world.add(f"hanging{number}", endpoint).name for number in range(40)]
    quick = [world.add(f"quick{number}") for number in range(10)]

    def are_done():
        return not any(monitor._entries[bucket.id].busy for bucket in quick)

    for _ in range(180):
        world.clock.advance(1)
        monitor.step()
        with monitor._changed:
            assert monitor._changed.wait_for(are_done, 30), "they wait for those that hang"
    now = world.clock.now()
    for bucket in quick:
        assert (now - world.health.status(bucket.name).checked_at).total_seconds() <= 61
    assert monitor.under_way == len(hanging)
    assert set(world.health.stats().missed_by_bucket) == set(hanging)
    endpoint.proxy.stopping.set()  # let go of what hangs


def test_a_machine_that_was_asleep_begins_no_rounds_at_once(world):
    for number in range(20):
        world.add(f"b{number}")
    world.do_rounds()
    before = world.health.monitor.rounds
    world.clock.advance(8 * 3600)
    world.do_rounds()
    assert world.health.monitor.rounds - before == 20
    assert 0 <= 8 * 3600 - world.health.monitor.drift_p99() <= 30
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
