"""A meter asks its server how much to send and how often, over real HTTP."""

import http.client
import threading

import msgspec
import pytest

from storekeeper.kernel.clock import ManualClock
from storekeeper_client.metering import Meter, Operation


def operation(**fields):
    return Operation(
        **{"time": 1_795_176_000_000, "bucket": "media", "operation": "GetObject", "status": 200} | fields
    )


def figures(meter):
    limits, sampler = meter._engine._worker._limits, meter._engine._sampler
    return limits.batch_size, limits.flush_interval, sampler._success_rate, sampler._error_rate


@pytest.fixture
def advised(ingest):
    """`advised(meter)`: record something, and wait until the meter has followed what it was told."""

    def wait(meter, *operations):
        followed, follow = threading.Event(), meter._engine._follow

        def seen(*found):
            follow(*found)
            followed.set()

        meter._engine._follow = seen
        for one in operations or [operation(status=503)]:
            meter.record(one)
        assert followed.wait(10)

    return wait


def test_what_was_not_said_comes_from_the_server(ingest, advised):
    ingest.advise(successSamplingRate=0.25, errorSamplingRate=0.5, batchSize=7, flushIntervalSeconds=12)
    with Meter(ingest.url, ingest.token) as meter:
        assert figures(meter) == (50, 30.0, 1.0, 1.0)
        advised(meter)
        assert figures(meter) == (7, 12, 0.25, 0.5)


def test_what_was_said_wins(ingest, advised):
    ingest.advise(successSamplingRate=0.25, errorSamplingRate=0.5, batchSize=7, flushIntervalSeconds=12)
    with Meter(ingest.url, ingest.token, success_rate=0.1, batch_size=20) as meter:
        advised(meter)
        assert figures(meter) == (20, 12, 0.1, 0.5)


def test_who_said_everything_does_not_ask(ingest):
    with Meter(
        ingest.url, ingest.token, batch_size=1, flush_interval=9.0, success_rate=1.0, error_rate=1.0
    ) as meter:
        meter.record(operation())
        assert ingest.wait_for(1)
        assert meter.flush()
    assert ingest.questions == 0


def test_without_a_thread_nobody_asks(ingest, meter):
    meter.record(operation())
    assert meter.flush()
    assert ingest.questions == 0


def test_what_was_recorded_before_keeps_its_weight(ingest, advised):
    kept, left_out = 0.0, 1.0
    chances = [kept, left_out, kept, left_out]
    ingest.advise(successSamplingRate=0.25)
    with Meter(ingest.url, ingest.token, random=lambda: chances.pop(0)) as meter:
        advised(meter, operation(id="before"))
        for number in range(4):
            meter.record(operation(id=f"after-{number}"))
        meter.record(operation(id="error", status=500))
        assert meter.flush()
        assert meter.stats().sampled_out == 2
    weights = {one.id: one.weight for one in ingest.operations}
    assert weights == {"before": 1.0, "after-0": 4.0, "after-2": 4.0, "error": 1.0}


def test_a_batch_is_no_larger_than_the_queue(ingest, advised):
    ingest.advise(batchSize=5000)
    with Meter(ingest.url, ingest.token, max_queue=30) as meter:
        advised(meter)
        assert figures(meter)[0] == 30


def test_it_asks_again_after_ten_minutes(ingest, advised):
    clock = ManualClock()
    with Meter(ingest.url, ingest.token, clock=clock, exit_timeout=0) as meter:
        advised(meter)
        ingest.advise(batchSize=3)
        clock.advance(601)
        meter._engine._wake.put(None)
        assert ingest.wait_for_questions(2)
        for number in range(3):
            meter.record(operation(id=str(number)))
        assert ingest.wait_for(4)


def test_the_fake_answers_as_the_server_does(ingest):
    def ask(token):
        connection = http.client.HTTPConnection(ingest.url.removeprefix("http://"))
        connection.request("GET", "/api/operations/settings", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, msgspec.json.decode(body)

    assert ask("wrong")[0] == 401
    assert ask(ingest.token) == (
        200,
        {"successSamplingRate": 1.0, "errorSamplingRate": 1.0, "batchSize": 50, "flushIntervalSeconds": 30.0},
    )
