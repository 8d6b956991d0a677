"""A server that gives no advice costs a meter nothing: it goes on by its defaults, and what it records arrives."""

import time

import pytest

from storekeeper_client.metering import Meter, Operation


def operation(**fields):
    return Operation(
        **{"time": 1_795_176_000_000, "bucket": "media", "operation": "GetObject", "status": 200} | fields
    )


@pytest.mark.parametrize(
    "reply",
    [
        {"status": 403},
        {"status": 404},
        {"status": 500},
        {"status": 302},
        {"body": b""},
        {"body": b"<html>a login page</html>"},
        {"body": b"[" * 5000},
        {"body": b"\xff" * 100_000},
        {"body": b'{"batchSize": -1, "successSamplingRate": "all", "flushIntervalSeconds": []}'},
    ],
    ids=str,
)
def test_no_advice_is_no_trouble(ingest, reply):
    ingest.advise(**reply)
    with Meter(ingest.url, ingest.token) as meter:
        meter.record(operation())
        assert ingest.wait_for_questions(1)
        assert meter.flush()
        stats, limits = meter.stats(), meter._engine._worker._limits
        assert (stats.accepted, stats.dropped, stats.retries, stats.last_error) == (1, 0, 0, "")
        assert (limits.batch_size, limits.flush_interval, meter._engine._keeps_all) == (50, 30.0, True)


@pytest.mark.parametrize("trouble", ["go_away", "hold", "lose_replies"])
def test_who_records_does_not_wait_for_advice(ingest, trouble):
    getattr(ingest, trouble)()
    patience = 5.0  # what it would cost to wait for one answer
    with Meter(ingest.url, ingest.token, request_timeout=patience) as meter:
        begun = time.perf_counter()
        for _ in range(1000):
            meter.record(operation())
        assert time.perf_counter() - begun < patience
        ingest.recover()
        assert meter.flush(30)
        assert meter.stats().sent + meter.stats().sampled_out == 1000
    assert len(ingest.operations) == 1000


def test_advice_that_never_comes_does_not_keep_the_batches(ingest):
    """The question hangs, and is given up."""
    ingest.hold()
    with Meter(ingest.url, ingest.token, request_timeout=0.1) as meter:
        meter.record(operation())
        assert ingest.wait_for_questions(1)
        ingest.recover()
        assert meter.flush(10)
        assert meter.stats().accepted == 1
