"""Leases and what is measured of them: each byte counts once, whoever tells of it first."""

from datetime import timedelta

import pytest

from storekeeper.quotas.leasing import repository as leases
from storekeeper.quotas.model import NewRaise, Question, Settled

ACTOR = "key:app"


@pytest.fixture
def ask(world):
    def ask(size, *, owner="ann", bucket="photos", settled=()):
        question = Question(owner=owner, bucket=bucket, bytes=size, settled=settled)
        return world.quotas.leasing.ask(question, actor=ACTOR)

    return ask


def spent(answer, size=None, writes=1):
    return Settled(
        lease_id=answer.lease_id, bytes=answer.lease_bytes if size is None else size, writes=writes
    )


def left(world, owner="ann"):
    question = Question(owner=owner, bucket="photos", bytes=0)
    return world.quotas.leasing.look(question).remaining_bytes


def put(world, size, name):
    world.stores["photos"].put(f"users/ann/{name}", b"x" * size)


def test_what_is_leased_is_gone_until_it_is_settled(world, ask):
    world.limit(limit=1600)
    first = ask(10)
    assert (first.allowed, first.lease_bytes, first.remaining_bytes, left(world)) == (True, 100, 1600, 1500)
    second = ask(900)
    assert (second.lease_bytes, left(world)) == (900, 600)
    denied = ask(601)
    assert (denied.allowed, denied.lease_id, denied.remaining_bytes) == (False, None, 600)
    assert "leased" in denied.reason
    world.quotas.leasing.settle([spent(first, 10), spent(second, 0, 0)], actor=ACTOR)
    assert left(world) == 1590


def test_only_the_first_word_of_who_has_it_counts(world, ask):
    world.limit(limit=1000)
    lease = ask(500)
    world.quotas.leasing.settle([spent(lease, 0)], actor="key:another")
    assert left(world) == 500
    world.quotas.leasing.settle([spent(lease, 400)], actor=ACTOR)
    world.quotas.leasing.settle([spent(lease, 0)], actor=ACTOR)
    assert left(world) == 600


def test_what_was_leased_and_is_measured_counts_once(world, ask, report):
    world.clock.advance(60)
    world.limit(limit=1000)
    lease = ask(300)
    world.quotas.leasing.settle([spent(lease)], actor=ACTOR)
    for _ in range(3):
        assert left(world) == 700
        report(bytesIn=100)
        world.clock.advance(60)
        world.quotas.refresh()
    assert left(world) == 700
    world.clock.advance(3600)
    world.quotas.refresh()
    assert left(world) == 700


def test_what_others_write_meanwhile_counts_beside(world, ask, report):
    """Long ago something was written without asking; that does not hide what is leased now."""
    world.clock.advance(60)
    world.limit(limit=1000)
    report(bytesIn=400)
    world.clock.advance(1800)
    world.quotas.refresh()
    ask(300)
    assert left(world) == 300


def test_without_metering_leases_count_until_a_scan_has_seen_what_was_written(world, ask):
    world.limit(limit=1000)
    lease = ask(300)
    world.quotas.leasing.settle([spent(lease)], actor=ACTOR)
    put(world, 300, "a")
    for _ in range(3):
        world.clock.advance(1800)
        world.quotas.refresh()
        assert left(world) == 700
    world.scan()
    world.quotas.refresh()
    assert left(world) == 700
    assert world.quotas.of_owner("ann").items[0].used == 300


def test_a_lease_that_nobody_settled_is_forgotten_after_a_while(world, ask):
    world.limit(limit=1600)
    ask(500)
    world.clock.advance(600)
    world.quotas.refresh()
    assert left(world) == 1100
    world.clock.advance(600)
    world.quotas.refresh()
    assert left(world) == 1600


def test_old_leases_become_few_and_count_the_same(world, ask):
    world.limit(limit=100_000)
    for _ in range(20):
        lease = ask(100)
        world.quotas.leasing.settle([spent(lease, 100)], actor=ACTOR)
        world.clock.advance(10)
    world.clock.advance(1200)
    world.quotas.refresh()
    assert left(world) == 98_000
    with world.database.read() as connection:
        rows = connection.execute(leases.lease_table.select()).all()
    assert len(rows) <= 2


def test_every_quota_of_a_write_is_asked(world, ask):
    world.limit("ann", limit=1000)
    world.limit("ann", "photos", limit=500)
    world.limit("", "photos", limit=300)
    world.limit("ann", measure="objects", limit=2)
    world.limit("ann", measure="egress", limit=0)
    assert (ask(301).allowed, ask(300, bucket="logs").allowed) == (False, True)
    answer = ask(100)
    assert (answer.remaining_bytes, answer.remaining_writes) == (300, 1)
    assert not ask(1).allowed  # both writes are leased
    assert ask(200, owner="bob").allowed
    assert not ask(1, owner="bob").allowed


def test_where_nothing_is_hard_nothing_is_leased(world, ask):
    free = ask(10**15, owner="nobody")
    assert (free.allowed, free.limited, free.lease_id, free.slack_bytes) == (True, False, None, 0)
    world.limit("ann", limit=100, hard=False)
    soft = ask(10**6)
    assert (soft.allowed, soft.decision, soft.lease_id) == (True, "warn", None)


def test_a_raise_gives_room_at_once_and_takes_it_back_by_itself(world, ask):
    quota = world.limit(limit=100)
    assert not ask(150).allowed
    until = world.clock.now() + timedelta(hours=1)
    world.quotas.raise_for(quota, NewRaise(limit=200, until=until, reason="moves"), actor="admin@example.com")
    assert ask(150).allowed
    world.clock.advance(3600)
    assert not ask(1).allowed
    assert world.quotas.get(quota).raised is None
    world.quotas.refresh()
    actions = [(action, actor) for action, _, actor, _ in world.audited()]
    assert actions == [
        ("quota.create", "admin@example.com"),
        ("quota.raise", "admin@example.com"),
        ("quota.raise-ended", "system"),
    ]
