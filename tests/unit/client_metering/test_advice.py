"""What a server advises, and what a meter makes of it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.kernel.clock import ManualClock
from storekeeper_client.metering import advice
from storekeeper_client.metering.limits import Limits
from storekeeper_client.metering.verdict import Answer

WHOLE = {"successSamplingRate": 0.1, "errorSamplingRate": 1, "batchSize": 200, "flushIntervalSeconds": 5}
FIELDS = {
    "successSamplingRate": "success_rate",
    "errorSamplingRate": "error_rate",
    "batchSize": "batch_size",
    "flushIntervalSeconds": "flush_interval",
}
values = st.one_of(
    st.none(), st.booleans(), st.text(max_size=5), st.lists(st.integers(), max_size=2),
    st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip


def answered(told, status=200):
    return Answer(status, {}, msgspec.json.encode(told))


def test_what_is_said_is_taken():
    assert advice.advised(answered(WHOLE)) == {
        "success_rate": 0.1,
        "error_rate": 1,
        "batch_size": 200,
        "flush_interval": 5,
    }


@pytest.mark.parametrize("status", [201, 301, 401, 403, 404, 500, 503])
def test_a_server_that_refuses_advises_nothing(status):
    assert advice.advised(answered(WHOLE, status)) is None


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("successSamplingRate", 2, 1),
        ("successSamplingRate", 0, 0),
        ("successSamplingRate", -1, None),
        ("errorSamplingRate", 1e-12, 1e-6),
        ("errorSamplingRate", True, None),
        ("batchSize", 10**9, 10_000),
        ("batchSize", 0, None),
        ("batchSize", "50", None),
        ("flushIntervalSeconds", 0.001, 1),
        ("flushIntervalSeconds", 1e9, 3600),
        ("flushIntervalSeconds", None, None),
    ],
)
def test_what_makes_no_sense_is_put_right_or_not_said(name, value, expected):
    found = advice.advised(answered(WHOLE | {name: value}))
    assert found.get(FIELDS[name]) == expected
    assert len(found) == (3 if expected is None else 4)


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), values))
def test_whatever_is_said_a_meter_can_work_by_it(told):
    chosen = {**advice.DEFAULTS, **advice.advised(answered(told))}
    assert all(0 <= chosen[name] <= 1 for name in ("success_rate", "error_rate"))
    assert Limits(batch_size=int(chosen["batch_size"]), flush_interval=chosen["flush_interval"])


class Server:
    """Answers what it is told to, or fails."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    def __call__(self):
        self.asked += 1
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def test_it_asks_at_once_and_then_every_ten_minutes():
    clock = ManualClock()
    server = Server(answered(WHOLE), answered({"batchSize": 7}))
    counsel = advice.Counsel(server, dict, clock)
    assert counsel.wait == 0
    assert counsel.seek()["batch_size"] == 200
    assert (counsel.seek(), counsel.wait) == (None, 600)
    clock.advance(599)
    assert (counsel.seek(), server.asked) == (None, 1)
    clock.advance(1)
    assert counsel.seek() == {"batch_size": 7}


@pytest.mark.parametrize(
    "trouble",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        UnicodeError("idna"),
        answered(WHOLE, 404),
        Answer(200, {}, b"<html>"),
        Answer(200, {}, b"[1]"),
        Answer(200, {}, b"[" * 100_000),
        Answer(200, {}, b""),
    ],
    ids=lambda trouble: repr(trouble)[:40],
)
def test_trouble_is_no_advice_and_no_fault(trouble):
    clock = ManualClock()
    counsel = advice.Counsel(Server(trouble, answered(WHOLE)), dict, clock)
    assert (counsel.seek(), counsel.wait) == (None, 600)
    clock.advance(600)
    assert counsel.seek()["batch_size"] == 200


def test_advice_that_nothing_can_be_made_of_is_no_fault():
    def make(_advice):
        raise ValueError("no room for a batch")

    assert advice.Counsel(Server(answered(WHOLE)), make, ManualClock()).seek() is None


def test_a_worker_follows_new_limits_at_once(make_worker, server, clock, fill):
    worker = make_worker()
    fill(5)
    assert worker.step() == 30
    worker.follow(Limits(batch_size=10, flush_interval=3.0, max_queue=100))
    assert worker.step() == 3
    worker.follow(Limits(batch_size=5, flush_interval=60.0, max_queue=100))
    assert worker.step() == 0
    assert [batch.count for batch in server.batches] == [5]
