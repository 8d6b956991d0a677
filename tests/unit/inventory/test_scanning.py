"""Pace, ledger, log and extras, each on its own."""

import pyarrow as pa
import pytest

from storekeeper.inventory.model import Extras, Scan, ScanState, Shard
from storekeeper.inventory.scanning.event_log import EventLog, WorkerEnded
from storekeeper.inventory.scanning.extras import count_extras
from storekeeper.inventory.scanning.frontier import Event
from storekeeper.inventory.scanning.ledger import Ledger
from storekeeper.kernel.clock import ManualClock
from storekeeper.kernel.pace import Pace
from storekeeper.objectstore import LISTING
from storekeeper.objectstore.errors import MissingPermissionError, UnsupportedError
from storekeeper.objectstore.memory import MemoryStore


def rows(*sizes):
    return pa.Table.from_pylist(
        [
            {"key": f"{n}", "size": size, "modified": 0, "storage_class": "STANDARD"}
            for n, size in enumerate(sizes)
        ],
        schema=LISTING,
    )


def test_requests_are_spaced_and_an_idle_time_is_not_saved_up():
    clock = ManualClock()
    pace, start = Pace(4, clock), clock.monotonic()
    for _ in range(5):
        pace.wait()
    assert clock.monotonic() - start == pytest.approx(1)
    clock.advance(100)
    start = clock.monotonic()
    pace.wait()
    pace.wait()
    assert clock.monotonic() - start == pytest.approx(0.25)


def test_no_limit_means_no_waiting():
    clock = ManualClock()
    start = clock.monotonic()
    Pace(0, clock).wait()
    assert clock.monotonic() == start


class Books:
    def __init__(self, **options):
        self.inserted, self.committed = [], []
        scan = Scan(id="s", bucket_id="b", state=ScanState.OPEN, started_at=ManualClock().now())
        self.ledger = Ledger(scan, insert=self.insert, commit=self.commit, **options)

    def insert(self, table, batch):
        self.inserted.append((batch, table.num_rows))

    def commit(self, scan, shards):
        self.committed.append((scan.batches, scan.objects, scan.bytes, dict(shards)))


def test_rows_are_inserted_before_they_are_accounted_for():
    books = Books(batch_rows=3)
    first, second = Shard(number=0, after="1"), Shard(number=1, done=True)
    books.ledger.add(Event(rows(1, 2), (first,)))
    assert not books.inserted
    books.ledger.add(Event(rows(10), (second,)))
    assert books.inserted == [(1, 3)]
    assert books.committed == [(1, 3, 13, {0: first, 1: second})]
    assert (books.ledger.scan.shards_done, books.ledger.scan.shards_total) == (1, 2)
    books.ledger.add(Event(None, (first,)))
    books.ledger.flush()
    assert books.inserted == [(1, 3)]
    assert books.committed[-1] == (1, 3, 13, {0: first})


def test_a_refused_insert_accounts_for_nothing():
    books = Books(batch_rows=1)

    def refuse(_table, _batch):
        raise OSError

    books.ledger._insert = refuse
    with pytest.raises(OSError):
        books.ledger.add(Event(rows(5), (Shard(number=0, after="0"),)))
    assert not books.committed
    assert books.ledger.scan.batches == 0


def test_workers_wait_for_the_writer_but_recording_never_does():
    log = EventLog(pages_ahead=1)
    log.wait_for_room()
    log.record(Event(rows(1), ()))
    log.record(Event(None, ()))
    assert log._pages == 1
    assert log.next(0).rows is not None
    log.wait_for_room()
    assert log.next(0).rows is None
    assert log.next(0) is None
    log.record(Event(rows(1), ()))
    log.close()
    log.wait_for_room()
    assert log.next(0).rows is not None
    log.record(WorkerEnded())
    assert log.next(0).error is None


class Restricted(MemoryStore):
    """A bucket that only lets its objects be listed."""

    def list_uploads(self, *, token=""):
        raise MissingPermissionError("no", permission="s3:ListBucketMultipartUploads")

    def list_versions(self, *, token=""):
        raise UnsupportedError("no")


def test_what_may_not_be_counted_is_unknown_and_not_zero():
    store = Restricted(ManualClock())
    store.enable_versioning()
    extras = count_extras(store, lambda: True)
    assert (extras.uploads.count, extras.uploads.unknown) == (None, "needs s3:ListBucketMultipartUploads")
    assert (extras.versions.noncurrent, extras.versions.unknown) == (None, "not offered by the provider")


def test_counting_stops_with_the_scan():
    assert count_extras(MemoryStore(ManualClock()), lambda: False) is None
    counted = count_extras(MemoryStore(ManualClock()), lambda: True)
    assert counted != Extras()
    assert (counted.uploads.count, counted.versions.delete_markers) == (0, 0)
