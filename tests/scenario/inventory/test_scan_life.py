"""Scans from their schedule to their end, whatever happens to the bucket meanwhile."""

import threading
from collections import Counter
from datetime import timedelta

import pytest

from storekeeper.infra import telemetry
from storekeeper.infra.jobs import RunStatus
from storekeeper.inventory.model import NeverScannedError
from storekeeper.kernel.errors import NotFoundError
from storekeeper.objectstore import Page
from storekeeper.objectstore.memory import MemoryStore

pytestmark = pytest.mark.slow


class Watched(MemoryStore):
    """A bucket that tells of each listing request before it answers."""

    def __init__(self, clock):
        super().__init__(clock)
        self.requests = []
        self.before = lambda _number: None

    def list_page(self, **question):
        self.requests.append(question)
        self.before(len(self.requests))
        return super().list_page(**question)


class Endless(MemoryStore):
    """A bucket whose listing goes on for ever."""

    before = staticmethod(lambda _page: None)

    def list_page(self, *, prefix="", start_after="", token="", delimiter="", limit=1000, etags=False):
        page = int(token or 0)
        self.before(page)
        small = MemoryStore(self._clock)
        small.place(f"{page:09}", b"x")
        return Page(objects=small.list_page(etags=etags).objects, truncated=True, token=str(page + 1))


def stored(world):
    return world.engine.row("SELECT count() AS n FROM inventory_object")["n"]


@pytest.mark.parametrize(
    "name_of",
    [
        lambda n: f"d{n // 1000:03}/{n:06}.bin",
        lambda n: f"{n:06}.bin",
        lambda n: f"a/b/{n % 3}/{n // 30}/{n}",
        lambda n: f"users/{n}/avatar.png",
    ],
    ids=["folders", "flat", "nested", "tiny folders"],
)
def test_a_hundred_thousand_objects(world, name_of):
    store, _ = world.memory(Watched)
    store._objects = dict.fromkeys(map(name_of, range(100_000)))
    store.place(name_of(0), b"")
    store._objects = dict.fromkeys(store._objects, store._objects[name_of(0)]._replace(body=b"123"))
    store._order = None
    view = world.scan()
    assert (view.status, view.objects, view.bytes) == ("succeeded", 100_000, 300_000)
    assert stored(world) == 100_000
    assert world.engine.row("SELECT uniqExact(prefix, name) AS n FROM inventory_object")["n"] == 100_000
    assert view.shards_done == view.shards_total
    assert len(store.requests) < 400


def test_objects_changed_while_scanning_are_seen_as_they_were_when_listed(world):
    """Kept keys are counted once each; new, gone and replaced ones as they were when their page was listed."""
    store, _ = world.memory(Watched, max_concurrency=2)
    for number in range(5000):
        store.place(f"kept/{number:05}", b"1")

    def change(request):
        store.place(f"a-new/{request}", b"1")
        store.place(f"z-new/{request}", b"1")
        store.place(f"kept/{request:05}", b"22")
        store.delete(f"kept/{5000 - request:05}")

    store.before = change
    world.scan()
    found = world.engine.rows("SELECT concat(prefix, name) AS key, size FROM inventory_object")
    counts = Counter(row["key"] for row in found)
    assert max(counts.values()) == 1
    requests = len(store.requests)
    untouched = {f"kept/{number:05}" for number in range(requests + 1, 5000 - requests)}
    assert untouched <= set(counts)
    assert {row["size"] for row in found} <= {1, 2}
    inventory = world.inventory.snapshot("photos").inventory()
    assert (inventory.objects, inventory.bytes) == (len(found), sum(row["size"] for row in found))


def test_a_cancelled_scan_leaves_the_last_snapshot(world):
    store, _ = world.memory(Endless)
    run = world.inventory.scans.start("photos", actor="test")
    store.before = lambda page: page == 20 and world.inventory.scans.cancel(run.id, actor="test")
    view = world.attempt(run.id)
    assert view.status == "cancelled"
    assert stored(world) == 0
    with pytest.raises(NeverScannedError):
        world.inventory.snapshot("photos").inventory()
    assert world.inventory.scans.under_way() == []


def test_a_listing_without_end_is_given_up(world, monkeypatch):
    monkeypatch.setattr("storekeeper.inventory.rules.progress.NEVER_MORE", 500)
    world.memory(Endless)
    view = world.scan()
    assert view.status == "dead"
    assert "does not seem to end" in view.error
    world.inventory.retain()
    assert stored(world) == 0


def test_a_bucket_that_is_removed_while_it_is_scanned(world):
    store, _ = world.memory(Endless)
    run = world.inventory.scans.start("photos", actor="test")
    removed = threading.Event()

    def remove(page):
        if page == 20:
            world.buckets.remove("photos", actor="test")
            world.jobs.cancel(run.id)
            removed.set()

    store.before = remove
    world.jobs._execute_run(run.id)
    assert removed.is_set()
    assert world.jobs.get(run.id).status is RunStatus.CANCELLED
    assert stored(world) == 0
    with pytest.raises(NotFoundError):
        world.inventory.snapshot("photos").inventory()


def test_details_of_a_removed_bucket_go_with_the_next_upkeep(world):
    store, _ = world.memory()
    store.place("a/b", b"x")
    world.scan()
    world.buckets.remove("photos", actor="test")
    world.inventory.retain()
    for table in ("object", "group", "prefix", "extreme"):
        assert world.engine.row(f"SELECT count() AS n FROM inventory_{table}")["n"] == 0, table


def test_only_the_newest_listing_and_one_snapshot_a_day_are_kept(world):
    store, _ = world.memory()
    store.place("a/b", b"x")
    first, second = world.scan(), world.scan()
    world.clock.ahead += timedelta(days=1)
    third = world.scan()
    world.inventory.retain()
    assert [row["scan_id"] for row in world.engine.rows("SELECT DISTINCT scan_id FROM inventory_object")] == [
        third.id
    ]
    assert world.inventory.snapshot("photos", at=second.id).inventory().by_prefix
    assert not world.inventory.snapshot("photos", at=first.id).inventory().by_prefix
    world.clock.ahead += timedelta(days=400)
    world.inventory.retain()
    assert [view.id for view in world.inventory.scans.page("photos")] == [third.id]
    assert world.inventory.snapshot("photos").inventory().by_prefix


def test_schedules_start_scans_once(world):
    world.memory(name="nightly", scan_cron="0 3 * * *")
    world.memory(name="by-hand", scan_cron="")
    assert world.inventory.scans.start_due() == 0
    world.clock.ahead = timedelta(days=1)
    assert world.inventory.scans.start_due() == 1
    assert world.inventory.scans.start_due() == 0
    [view] = world.inventory.scans.under_way()
    assert view.bucket == "nightly"
    world.attempt(view.id)
    assert world.inventory.scans.start_due() == 0


def test_metrics_tell_of_the_last_snapshot(world):
    store, _ = world.memory(name="metered")
    store.place("a", b"12345")
    world.scan("metered")
    telemetry.bucket_objects.clear()
    telemetry.bucket_bytes.clear()
    world.inventory.publish_metrics()
    assert b'storekeeper_bucket_bytes{bucket="metered"} 5.0' in telemetry.exposition()
    assert b'storekeeper_bucket_objects{bucket="metered"} 1.0' in telemetry.exposition()


def test_polite_to_the_bucket(world):
    store, _ = world.memory(Watched, max_concurrency=3, max_requests_per_second=1000)
    active, most, lock = [0], [0], threading.Lock()
    original = MemoryStore.list_page

    def counted(**question):
        with lock:
            active[0] += 1
            most[0] = max(most[0], active[0])
        try:
            return original(store, **question)
        finally:
            with lock:
                active[0] -= 1

    store.list_page = counted
    for number in range(20_000):
        store.place(f"d{number % 20}/{number}", b"")
    assert world.scan().status == "succeeded"
    assert most[0] <= 3
