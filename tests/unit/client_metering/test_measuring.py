"""Blocks and functions as operations."""

import asyncio

import pytest

from storekeeper_client.metering import Measured, owner
from storekeeper_client.metering.failures import outcome
from storekeeper_client.metering.measuring import measured_function


class Recorder:
    def __init__(self, clock):
        self.clock = clock
        self.recorded = []
        self.record = self.submit = self.recorded.append

    def miss(self):
        raise AssertionError("nothing is missed here")

    swallow = miss


@pytest.fixture
def recorder(clock):
    return Recorder(clock)


def test_a_block_is_timed_and_told(recorder, clock):
    start = clock.now()
    with owner("ann"), Measured(recorder, "GetObject", "media", "cat.jpg") as measured:
        clock.advance(0.25)
        measured.bytes_out, measured.storage_class = 1000, "STANDARD_IA"
    (operation,) = recorder.recorded
    assert (operation.time, operation.latency_ms, operation.status) == (start, 250, 200)
    assert (operation.bytes_out, operation.owner, operation.storage_class) == (1000, "ann", "STANDARD_IA")


def test_an_exception_is_recorded_and_goes_on(recorder):
    with pytest.raises(PermissionError), Measured(recorder, "GetObject", "media", "cat.jpg"):
        raise PermissionError
    assert (recorder.recorded[0].status, recorder.recorded[0].error) == (403, "PermissionError")


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, asyncio.CancelledError])
def test_a_block_broken_off_from_outside_is_not_recorded(recorder, interruption):
    with pytest.raises(interruption), Measured(recorder, "GetObject", "media", "cat.jpg"):
        raise interruption
    assert recorder.recorded == []


class ClientError(Exception):
    def __init__(self, response):
        self.response = response


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            ClientError({"ResponseMetadata": {"HTTPStatusCode": 503}, "Error": {"Code": "SlowDown"}}),
            (503, "SlowDown"),
        ),
        (ClientError({}), (500, "ClientError")),
        (FileNotFoundError(), (404, "FileNotFoundError")),
        (type("NotModifiedError", (Exception,), {})(), (304, "")),
        (ValueError(), (500, "ValueError")),
    ],
)
def test_what_exceptions_say(error, expected):
    assert outcome(error) == expected


def test_each_call_of_a_function_is_an_operation(recorder):
    def put(path, *, bucket):
        """Puts."""
        return path, bucket

    wrapped = measured_function(
        recorder, put, "PutObject", lambda _path, bucket: bucket, lambda path, **_: path
    )
    assert wrapped("cat.jpg", bucket="media") == ("cat.jpg", "media")
    assert (wrapped.__name__, wrapped.__doc__) == ("put", "Puts.")
    assert [(o.operation, o.bucket, o.key) for o in recorder.recorded] == [("PutObject", "media", "cat.jpg")]


def test_a_coroutine_function_stays_one(recorder, clock):
    async def get(key):
        await asyncio.sleep(0)
        clock.advance(1)
        return key

    wrapped = measured_function(recorder, get, "GetObject", "media", lambda key: key)
    assert asyncio.run(wrapped("cat.jpg")) == "cat.jpg"
    assert recorder.recorded[0].latency_ms == 1000


def test_a_key_that_can_not_be_told_does_not_fail_the_call(recorder):
    wrapped = measured_function(recorder, str.upper, "PutObject", "media", lambda: "no arguments expected")
    assert wrapped("x") == "X"
    assert recorder.recorded[0].key == ""
