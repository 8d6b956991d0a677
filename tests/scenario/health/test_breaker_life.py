"""An endpoint dies and comes back; what is known of it follows, and outlives restarts."""

import pytest

from storekeeper.health import Listener
from storekeeper.health.model import (
    BreakerAction,
    BreakerOrder,
    BreakerShareError,
    HealthChange,
    Status,
)
from storekeeper.kernel.errors import UnavailableError
from storekeeper_client.breaker import Mode, State

pytestmark = pytest.mark.slow
BRIEF = HealthChange(timeout=1000, slow_response_threshold=900)
INTERVAL, THRESHOLD, RECOVERY = 30, 3, 60


@pytest.fixture
def endpoint(world, endpoints):
    made = endpoints.faithful()
    world.health.configure(BRIEF, actor="test")
    world.add("photos", made)
    world.do_rounds()
    assert world.health.status("photos").status is Status.HEALTHY
    return made


def kill(endpoint):
    endpoint.proxy.faults.refuse = True


def revive(endpoint):
    endpoint.proxy.faults.refuse = False


def test_it_opens_within_the_threshold_and_closes_within_the_recovery_time(world, endpoint):
    kill(endpoint)
    world.pass_time(INTERVAL * THRESHOLD)
    view = world.health.breakers.get("photos")
    assert view.state is State.OPEN
    assert "3 calls in a row failed, the last by a failed connection" in view.reason
    bucket_id = world.buckets.get("photos").id
    assert world.health.breakers.is_open(bucket_id)
    health = world.health.status("photos")
    assert health.status is Status.UNHEALTHY
    assert health.reason.startswith("All operations fail since ")
    assert health.reason.endswith(": connection-failed (3 of 3)")
    revive(endpoint)
    world.pass_time(RECOVERY + INTERVAL)
    assert world.health.breakers.get("photos").state is State.CLOSED
    assert not world.health.breakers.is_open(bucket_id)
    assert not world.health.breakers.is_open("unknown")
    assert world.health.status("photos").status is Status.HEALTHY
    told = [(one.before, one.after, one.actor) for one in world.health.breakers.transitions().items]
    assert told == [
        (State.HALF_OPEN, State.CLOSED, "system"),
        (State.OPEN, State.HALF_OPEN, "system"),
        (State.CLOSED, State.OPEN, "system"),
    ]
    opened = world.health.breakers.transitions().items[-1]
    assert opened.figures.consecutive == THRESHOLD
    assert 54 <= (opened.until - opened.at).total_seconds() <= RECOVERY
    moved = [(one.before, one.after) for one in world.health.changes().items]
    assert moved == [
        (Status.UNHEALTHY, Status.HEALTHY),
        (Status.HEALTHY, Status.UNHEALTHY),
        (Status.UNKNOWN, Status.HEALTHY),
    ]


def test_a_trial_that_fails_opens_it_again_for_no_longer(world, endpoint):
    kill(endpoint)
    world.pass_time(INTERVAL * THRESHOLD + 4 * (RECOVERY + INTERVAL))
    revive(endpoint)
    world.pass_time(RECOVERY + INTERVAL)
    assert world.health.breakers.get("photos").state is State.CLOSED


def test_a_restart_keeps_breaker_status_and_schedule(world, endpoint):
    kill(endpoint)
    world.pass_time(INTERVAL * THRESHOLD)
    before, planned = world.health.breakers.get("photos"), world.health.status("photos").next_check_at
    world.restart()
    after, health = world.health.breakers.get("photos"), world.health.status("photos")
    assert (after.state, after.epoch, after.k, after.reason) == (
        before.state,
        before.epoch,
        before.k,
        before.reason,
    )
    assert abs((after.until - before.until).total_seconds()) < 0.01
    assert health.status is Status.UNHEALTHY
    assert health.operations[0].streak == THRESHOLD
    assert abs((health.next_check_at - planned).total_seconds()) <= INTERVAL
    revive(endpoint)
    world.pass_time(RECOVERY + INTERVAL)
    assert world.health.breakers.get("photos").state is State.CLOSED


def test_clients_can_follow(world, endpoint):
    first, cursor = world.health.breakers.events()
    assert [(one.bucket, one.state) for one in first] == [("photos", State.CLOSED)]
    assert world.health.breakers.events(cursor) == ([], cursor)
    kill(endpoint)
    world.pass_time(INTERVAL * THRESHOLD)
    changes, cursor = world.health.breakers.events(cursor)
    assert [(one.state, one.mode) for one in changes] == [(State.OPEN, Mode.AUTOMATIC)]
    assert changes[0].epoch > first[0].epoch
    assert changes[0].until == world.health.breakers.transitions().items[0].until
    assert world.health.breakers.events(cursor) == ([], cursor)
    again, _ = world.health.breakers.events(cursor + 1000)  # of another process: everything anew
    assert [one.state for one in again] == [State.OPEN]


def test_a_person_forces_it_open_and_back(world, endpoint):
    act = world.health.breakers.act
    view = act("photos", BreakerOrder(action=BreakerAction.FORCE_OPEN, reason="migration"), actor="ann@x")
    assert (view.state, view.mode, view.reason, view.actor) == (
        State.OPEN,
        Mode.FORCED_OPEN,
        "migration",
        "ann@x",
    )
    world.pass_time(10 * INTERVAL)
    world.restart()
    assert world.health.breakers.get("photos").mode is Mode.FORCED_OPEN
    assert world.health.status("photos").status is Status.HEALTHY  # probes go on
    view = act("photos", BreakerOrder(action=BreakerAction.RESET), actor="ann@x")
    assert (view.state, view.mode) == (State.CLOSED, Mode.AUTOMATIC)
    actions = [(one.action, one.target, one.actor) for one in world.audit.page(action="breaker").items]
    assert actions == [("breaker.reset", "photos", "ann@x"), ("breaker.force-open", "photos", "ann@x")]


def test_a_disabled_breaker_never_opens(world, endpoint):
    world.health.breakers.act("photos", BreakerOrder(action=BreakerAction.DISABLE), actor="ann@x")
    kill(endpoint)
    world.pass_time(2 * INTERVAL * THRESHOLD)
    assert world.health.breakers.get("photos").state is State.CLOSED
    assert world.health.status("photos").status is Status.UNHEALTHY


def test_automation_may_force_open_half_of_them(world, endpoint):
    for name in ("a", "b", "c"):
        world.add(name)
    order = BreakerOrder(action=BreakerAction.FORCE_OPEN, automatic=True)
    world.health.breakers.act("a", order, actor="rule")
    world.health.breakers.act("b", order, actor="rule")
    with pytest.raises(BreakerShareError, match="2 of 4"):
        world.health.breakers.act("c", order, actor="rule")
    person = BreakerOrder(action=BreakerAction.FORCE_OPEN)
    assert world.health.breakers.act("c", person, actor="ann@x").mode is Mode.FORCED_OPEN
    world.health.breakers.act("a", BreakerOrder(action=BreakerAction.AUTOMATIC), actor="ann@x")
    assert world.health.breakers.act("photos", order, actor="rule").automatic


def test_listeners_act_in_the_transaction_and_exactly_once(world, endpoint):
    heard, broken = [], [True]

    def on_breaker(connection, transition):
        if broken[0]:
            raise UnavailableError("not now")
        heard.append(transition.after)

    world.health.subscribe(Listener(on_breaker=on_breaker))
    kill(endpoint)
    world.pass_time(INTERVAL * THRESHOLD - 1)
    with pytest.raises(UnavailableError):
        world.pass_time(1)
    assert world.health.breakers.transitions().items == []
    assert world.health.breakers.get("photos").state is State.OPEN  # it acts at once, whatever is stored
    broken[0] = False
    world.do_rounds()
    world.do_rounds()
    assert heard == [State.OPEN]
    assert [one.after for one in world.health.breakers.transitions().items] == [State.OPEN]


def test_an_order_that_can_not_be_stored_is_not_obeyed(world, endpoint):
    def refuse(connection, transition):
        raise UnavailableError("not now")

    world.health.subscribe(Listener(on_breaker=refuse))
    before = world.health.breakers.get("photos")
    with pytest.raises(UnavailableError):
        world.health.breakers.act("photos", BreakerOrder(action=BreakerAction.OPEN), actor="ann@x")
    after = world.health.breakers.get("photos")
    assert (after.state, after.epoch, after.mode) == (before.state, before.epoch, before.mode)
    assert world.audit.page(action="breaker").items == []
    world.do_rounds()  # nothing of it is left to be stored


def test_a_bucket_of_the_same_name_begins_with_a_later_epoch(world, endpoint):
    kill(endpoint)
    world.pass_time(INTERVAL * THRESHOLD)
    old = world.health.breakers.get("photos").epoch
    world.buckets.remove("photos", actor="test")
    assert world.health.statuses() == []
    world.add("photos", endpoint)
    assert world.health.breakers.get("photos").state is State.CLOSED
    assert world.health.breakers.get("photos").epoch > old
