"""What counts as used: the newest snapshot, and what was written and deleted since it began."""

import json
from datetime import UTC, datetime

import pytest

from storekeeper.quotas.model import State
from storekeeper.quotas.violations.repository import Filter


def put(world, size, *, owner="ann", name="a.jpg", bucket="photos"):
    world.stores[bucket].put(f"users/{owner}/{name}", b"x" * size)


def used(world, quota):
    world.quotas.refresh()
    return world.quotas.get(quota).used


def test_a_snapshot_alone(world):
    put(world, 300)
    put(world, 100, owner="bob")
    put(world, 50, bucket="logs")
    world.scan("photos")
    world.scan("logs")
    whole, pair = world.limit("ann"), world.limit("ann", "photos")
    bucket, count = world.limit("", "photos"), world.limit("ann", measure="objects", limit=10)
    assert [used(world, one) for one in (whole, pair, bucket, count)] == [350, 300, 400, 2]


def test_what_was_written_since_counts_at_once_and_once(world, report):
    put(world, 300)
    world.scan()
    quota, count = world.limit("ann"), world.limit("ann", measure="objects", limit=10)
    for step in range(4):
        world.clock.advance(1800)
        put(world, 100, name=f"{step}.jpg")
        report(bytesIn=100)
        assert (used(world, quota), used(world, count)) == (400 + 100 * step, 2 + step)
    world.clock.advance(60)
    world.scan()
    assert (used(world, quota), used(world, count)) == (700, 5)
    view = world.quotas.get(quota)
    assert (view.held, view.added) == (700, 0)


def test_what_was_written_before_the_snapshot_is_not_counted_twice(world, report):
    report(bytesIn=300, minutes_ago=3)
    put(world, 300)
    world.scan()
    assert used(world, world.limit("ann")) == 300


# What one successful operation adds: bytes, objects.
COUNTED = [
    ({"operation": "PutObject", "bytesIn": 7}, 7, 1),
    ({"operation": "PutObject", "bytesIn": 7, "status": 403}, 0, 0),
    ({"operation": "PutObject", "bytesIn": 7, "weight": 10}, 70, 10),
    ({"operation": "UploadPart", "bytesIn": 7}, 7, 0),
    ({"operation": "CompleteMultipartUpload", "bytesIn": 900}, 0, 1),
    ({"operation": "CopyObject", "objectSize": 7}, 7, 1),
    ({"operation": "CopyObject"}, 0, 1),
    ({"operation": "DeleteObject", "objectSize": 7, "status": 204}, -7, -1),
    ({"operation": "DeleteObject", "status": 204}, 0, 0),
    ({"operation": "GetObject", "bytesOut": 7}, 0, 0),
]


@pytest.mark.parametrize("hours", [0, 3])
def test_what_each_operation_counts_for(world, report, hours):
    """Within the hour of the scan it is read of single operations, later of sums."""
    owners = [f"owner-{number}" for number in range(len(COUNTED))]
    for owner in owners:
        put(world, 300, owner=owner)
    world.scan()
    world.clock.advance(60 + hours * 3600)
    for owner, (fields, _, _) in zip(owners, COUNTED, strict=True):
        report(owner=owner, **fields)
    world.clock.advance(20)
    for owner in owners:
        world.limit(owner)
        world.limit(owner, "photos", measure="objects", limit=10)
    for owner, (_, size, objects) in zip(owners, COUNTED, strict=True):
        found = {one.measure: one.used for one in world.quotas.of_owner(owner).items}
        assert found == {"bytes": 300 + size, "objects": 1 + objects}, owner


def test_a_bucket_that_was_never_scanned_counts_by_its_operations(world, report):
    world.clock.advance(600)
    report(bytesIn=40)
    quota = world.limit("ann")
    assert used(world, quota) == 40
    assert world.quotas.get(quota).snapshot_at is None


def test_months_begin_anew(world, report):
    quota = world.limit("ann", measure="operations", limit=100)
    egress = world.limit("", "photos", measure="egress", limit=100)
    pair = world.limit("ann", "photos", measure="egress", limit=100)
    report(3, operation="GetObject", bytesOut=20)
    report(owner="bob", operation="GetObject", bytesOut=5)
    assert [used(world, one) for one in (quota, egress, pair)] == [3, 65, 60]
    world.clock.jump((datetime(2026, 12, 1, tzinfo=UTC) - world.clock.now()).total_seconds())
    assert [used(world, one) for one in (quota, egress, pair)] == [0, 0, 0]


def told(world):
    """(opened or closed, level, whether it lasts) of each violation that the log was told of, the oldest first."""
    with world.database.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT event, body FROM notification WHERE target = 'log' ORDER BY id"
        ).all()
    found = [(event, json.loads(body)["data"]) for event, body in rows]
    return [
        (event.removeprefix("quota.violation."), data["level"], data["closedAt"] is None)
        for event, data in found
    ]


def test_violations_open_once_and_close_by_themselves(world, report):
    put(world, 300)
    world.scan()
    quota = world.limit("ann", limit=1000)
    world.clock.advance(60)

    def levels():
        world.quotas.refresh()
        found = world.quotas.violations(Filter()).items
        return world.quotas.get(quota).state, [(one.level, one.closed_at is None) for one in found]

    assert levels() == (State.OK, [])
    report(bytesIn=500)
    assert levels() == (State.WARNED, [(State.WARNED, True)])
    assert levels() == (State.WARNED, [(State.WARNED, True)])
    report(bytesIn=201)
    both = [(State.WARNED, True), (State.EXCEEDED, True)]
    state, found = levels()
    assert (state, sorted(found)) == (State.EXCEEDED, sorted(both))
    report(operation="DeleteObject", status=204, objectSize=50)  # 951 of 1000: above 95 % of the limit
    assert levels()[0] is State.EXCEEDED
    report(operation="DeleteObject", status=204, objectSize=2)
    assert levels()[0] is State.WARNED
    report(operation="DeleteObject", status=204, objectSize=189)  # 760 of 1000: 95 % of the warning
    assert levels()[0] is State.WARNED
    report(operation="DeleteObject", status=204, objectSize=1)
    state, found = levels()
    assert state is State.OK
    assert [is_open for _, is_open in found] == [False, False]
    assert told(world) == [
        ("opened", "warned", True), ("opened", "exceeded", True), ("closed", "exceeded", False), ("closed", "warned", False),
    ]  # fmt: skip


def test_what_is_removed_closes_its_violations_and_who_was_told_hears_of_it(world, report):
    put(world, 900)
    world.scan()
    quota = world.limit("ann", limit=1000)
    world.limit("", "photos", limit=800)
    world.quotas.refresh()
    world.quotas.remove(quota, "left", actor="admin@example.com")
    world.buckets.remove("photos", actor="admin@example.com")
    levels = ["exceeded", "warned", "warned"]
    assert sorted(one[:2] for one in told(world)) == [
        (what, level) for what in ("closed", "opened") for level in levels
    ]
