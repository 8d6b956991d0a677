"""What every control database must do for quotas, SQLite and PostgreSQL alike."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import NewBucket
from storekeeper.infra.crypto import Sealer
from storekeeper.kernel.clock import ManualClock
from storekeeper.kernel.ids import new_id
from storekeeper.quotas import repository
from storekeeper.quotas.leasing import Leasing
from storekeeper.quotas.leasing import repository as leases
from storekeeper.quotas.model import Measure, Question, Quota, Raise, Settled, State, Use, Violation
from storekeeper.quotas.repository import Wanted
from storekeeper.quotas.violations import repository as violations
from storekeeper.quotas.violations.repository import Filter

WRITERS, LIMIT = 64, 100_000


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def bucket_id(database, clock):
    service = BucketService(database, Sealer("0" * 64), AuditTrail(database, clock), clock)
    return service.add(NewBucket(name="photos", url="memory://photos"), actor="test").id


@pytest.fixture
def leasing(database, clock):
    return Leasing(
        database, BucketService(database, Sealer("0" * 64), AuditTrail(database, clock), clock), clock
    )


@pytest.fixture
def add(database, clock):
    def insert(owner="ann", bucket_id="", measure=Measure.BYTES, limit=LIMIT, raised=None, used=0):
        now = clock.now()
        quota = Quota(
            id=new_id(now), owner=owner, bucket="photos" if bucket_id else "", measure=measure, limit=limit,
            warn_percent=80, hard=True, raised=raised, reason="a test", created_at=now, updated_at=now, updated_by="x",
        )  # fmt: skip
        with database.write() as connection:
            repository.insert(connection, quota, bucket_id)
            repository.save_uses(connection, [(quota.id, Use(used=used, computed_at=now), used / limit)])
        return quota

    return insert


def test_64_who_ask_at_once_never_get_more_than_there_is(leasing, add, bucket_id):
    add()
    add("", bucket_id, limit=80_000)
    granted, start = [], threading.Barrier(WRITERS)

    def ask():
        start.wait()
        for size in (5000, 700, 30):
            answer = leasing.ask(Question(owner="ann", bucket="photos", bytes=size), actor="key:a")
            granted.append(answer.lease_bytes or 0)

    threads = [threading.Thread(target=ask) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 3 * WRITERS
    assert 70_000 < sum(granted) <= 80_000


def test_one_quota_for_the_same(add, bucket_id):
    add()
    add(measure=Measure.OBJECTS)
    add(bucket_id=bucket_id)
    with pytest.raises(sa.exc.IntegrityError):
        add()


def test_a_quota_comes_back_as_it_was(database, add, clock):
    raised = Raise(limit=2 * LIMIT, until=clock.now() + timedelta(days=1), reason="moves", raised_by="ann@x")
    quota = add(raised=raised)
    with database.read() as connection:
        assert repository.get(connection, quota.id).quota == quota
        assert repository.get(connection, "nothing") is None


def test_which_apply_and_which_are_listed(database, add, bucket_id):
    first, pair, whole = add(used=50_000), add(bucket_id=bucket_id, used=90_000), add("", bucket_id)
    add("bob")
    with database.write() as connection:
        found = repository.applying(connection, "ann", bucket_id, lock=True)
        assert {one.quota.id for one in found} == {first.id, pair.id, whole.id}
        assert len(repository.applying(connection, "ann", "elsewhere", lock=True)) == 1
        assert {one.quota.id for one in repository.applying(connection, "", bucket_id, lock=True)} == {
            whole.id
        }
    with database.read() as connection:
        found, total = repository.page(connection, Wanted(limit=2))
        assert ([one.quota.id for one in found], total) == ([pair.id, first.id], 4)
        assert [one.quota.owner for one in repository.page(connection, Wanted(text="BO"))[0]] == ["bob"]
        assert repository.page(connection, Wanted(state=State.WARNED))[0] == []


def test_no_two_violations_of_a_level_are_open(database, clock):
    def insert():
        made = Violation(
            id=new_id(clock.now()), quota_id="q1", owner="ann", bucket="", measure=Measure.BYTES, level=State.WARNED,
            used=9, limit=10, hard=True, summary="", opened_at=clock.now(), closed_at=None, closed_by="",
        )  # fmt: skip
        with database.write() as connection:
            violations.insert(connection, [made])
        return made

    first = insert()
    with pytest.raises(sa.exc.IntegrityError):
        insert()
    with database.write() as connection:
        assert violations.open_levels(connection) == {"q1": {State.WARNED: first.id}}
        violations.close(connection, [first.id], clock.now(), "well again")
        assert violations.counts(connection) == {}
    insert()
    with database.read() as connection:
        assert [one.closed_by for one in violations.find(connection, Filter())] == ["", "well again"]
        assert len(violations.find(connection, Filter(is_open=True, owner="ann"))) == 1


def test_leases_are_settled_folded_and_forgotten(database, leasing, add, bucket_id, clock):
    add(limit=10**9)
    answers = []
    for _ in range(6):
        answers.append(leasing.ask(Question(owner="ann", bucket="photos", bytes=100), actor="key:a"))
        clock.advance(1)
    leasing.settle(
        [Settled(lease_id=one.lease_id, bytes=100, writes=1) for one in answers[1:]], actor="key:a"
    )
    clock.advance(60)
    with database.write() as connection:
        before = leases.leased(connection, "ann", "", recent=clock.now())
        leases.forget_dead(connection, clock.now())
        assert leases.fold(connection, clock.now(), clock.now()) == 5
        after = leases.leased(connection, "ann", bucket_id, recent=clock.now() - timedelta(hours=1))
    assert (before.recent_bytes, before.bytes - answers[0].lease_bytes) == (0, 500)
    assert (after.bytes, after.writes, after.recent_bytes, after.recent_writes) == (500, 5, 500, 5)
    with database.write() as connection:
        leases.forget_seen(connection, {bucket_id: clock.now()})
        assert leases.leased(connection, "ann", "", recent=clock.now()).bytes == 0
