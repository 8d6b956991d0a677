"""A server that is away for an hour costs bounded memory and disk, and no data that there is room for."""

import tracemalloc

import pytest

from storekeeper.kernel.clock import ManualClock
from storekeeper_client.metering import Meter, Operation

HOUR = 3600


def busy_hour(meter, clock, *, per_second=4):
    """Operations at that rate for an hour; returns the peak of memory beyond that after the first minute, in bytes."""
    worker, wait, peak = meter._engine._worker, 0.0, 0
    tracemalloc.start()
    for second in range(HOUR):
        for number in range(per_second):
            meter.record(
                Operation(
                    time=clock.now(),
                    bucket="media",
                    operation="GetObject",
                    status=200,
                    key=f"{second}-{number}",
                )
            )
        clock.advance(1)
        wait -= 1
        if wait <= 0:
            wait = worker.step()
        if second == 60:
            tracemalloc.reset_peak()
            base = tracemalloc.get_traced_memory()[0]
    peak = tracemalloc.get_traced_memory()[1] - base
    tracemalloc.stop()
    return peak


def test_memory_stays_bounded_and_the_newest_are_kept(ingest):
    clock = ManualClock()
    with Meter(
        ingest.url, ingest.token, background=False, clock=clock, max_queue=1000, exit_timeout=0
    ) as meter:
        ingest.go_away()
        assert busy_hour(meter, clock) < 2 << 20
        stats = meter.stats()
        assert stats.queued <= 1050
        assert stats.dropped == 14_400 - stats.queued
        assert 50 < stats.retries < 200
        ingest.recover()
        assert meter.flush(120)
        assert meter.stats().accepted == stats.queued
    assert ingest.operations[-1].key == "3599-3"


def test_with_a_disk_nothing_is_lost(ingest, tmp_path):
    clock = ManualClock()
    options = {"background": False, "clock": clock, "max_queue": 1000, "exit_timeout": 0}
    with Meter(ingest.url, ingest.token, spill_dir=tmp_path, **options) as meter:
        ingest.go_away()
        assert busy_hour(meter, clock) < 3 << 20
        assert meter.stats().dropped == 0
        ingest.recover()
        assert meter.flush(120)
        assert meter.stats().accepted == 14_400
    assert len({operation.key for operation in ingest.operations}) == 14_400
    assert list(tmp_path.iterdir()) == []


def test_the_disk_is_bounded_too(ingest, tmp_path):
    clock = ManualClock()
    options = {"background": False, "clock": clock, "max_queue": 1000, "exit_timeout": 0}
    with Meter(ingest.url, ingest.token, spill_dir=tmp_path, max_spill=100_000, **options) as meter:
        ingest.go_away()
        busy_hour(meter, clock)
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 100_000
        stats = meter.stats()
        assert stats.recorded == stats.queued + stats.spilled + stats.dropped
        assert stats.spilled > 1000


@pytest.mark.parametrize("trouble", ["go_away", "lose_replies"])
def test_what_is_on_disk_is_sent_once_by_the_next_process(ingest, tmp_path, trouble):
    clock = ManualClock()
    options = {"background": False, "clock": clock, "exit_timeout": 0, "spill_dir": tmp_path}
    with Meter(ingest.url, ingest.token, **options) as meter:
        getattr(ingest, trouble)()
        for number in range(70):
            meter.record(
                Operation(time=clock.now(), bucket="media", operation="GetObject", status=200, id=str(number))
            )
    assert meter.stats().spilled == 70
    ingest.recover()
    with Meter(ingest.url, ingest.token, spill_dir=tmp_path) as later:
        assert later.flush()
        assert (later.stats().recovered, later.stats().sent) == (70, 70)
    assert sorted(int(operation.id) for operation in ingest.operations) == list(range(70))


def test_what_is_on_disk_is_sent_without_anything_being_recorded(ingest, tmp_path):
    with Meter("http://127.0.0.1:9", "t", background=False, exit_timeout=0, spill_dir=tmp_path) as meter:
        meter.record(Operation(time=0, bucket="media", operation="GetObject", status=200))
    with Meter(ingest.url, ingest.token, spill_dir=tmp_path):
        assert ingest.wait_for(1)
