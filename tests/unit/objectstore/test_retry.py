"""Patience: how often, how long, and when not at all."""

from random import Random

import pytest

from storekeeper.kernel.clock import ManualClock
from storekeeper.objectstore.errors import NoSuchBucketError, ServerFaultError, ThrottledError
from storekeeper.objectstore.retry import NO_RETRY, Retrying, RetryPolicy

POLICY = RetryPolicy(attempts=5, base=1, cap=4, total=1000)


class Endpoint:
    """Fails with the given errors in turn, then answers."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def run(endpoint, policy=POLICY):
    """(result or error, calls, waits in seconds)"""
    clock, waits = ManualClock(), []
    retrying = Retrying(policy, clock, Random(1), lambda _, wait: waits.append(wait))
    start = clock.monotonic()
    try:
        result = retrying.call(endpoint)
    except Exception as error:  # noqa: BLE001 - told apart by the caller
        result = error
    assert clock.monotonic() - start == pytest.approx(sum(waits))
    return result, endpoint.calls, waits


def test_success_asks_once():
    assert run(Endpoint()) == ("answer", 1, [])


def test_passing_faults_are_outlasted_and_counted():
    result, calls, waits = run(Endpoint(ServerFaultError(), ThrottledError(), ServerFaultError()))
    assert (result, calls, len(waits)) == ("answer", 4, 3)


def test_waits_grow_are_jittered_and_capped():
    for seed in range(50):
        clock, waits = ManualClock(), []
        policy = RetryPolicy(attempts=7, base=1, cap=4, total=1000)
        retrying = Retrying(policy, clock, Random(seed), lambda _, wait, waits=waits: waits.append(wait))
        retrying.call(Endpoint(*[ServerFaultError()] * 6))
        assert all(0 <= wait <= ceiling for wait, ceiling in zip(waits, [1, 2, 4, 4, 4, 4], strict=True))
        assert len(set(waits)) == 6


def test_a_caller_s_mistake_is_not_repeated():
    result, calls, _ = run(Endpoint(NoSuchBucketError("gone")))
    assert (type(result), calls) == (NoSuchBucketError, 1)


def test_the_last_error_comes_out_when_patience_ends():
    result, calls, _ = run(Endpoint(*[ServerFaultError(str(number)) for number in range(9)]))
    assert (str(result), calls) == ("4", 5)


def test_retry_after_is_honored():
    _, _, waits = run(Endpoint(ThrottledError(retry_after=30)))
    assert 30 <= waits[0] <= 31


def test_no_wait_is_begun_that_ends_after_the_total_time():
    result, calls, waits = run(Endpoint(ThrottledError(retry_after=3600)))
    assert (type(result), calls, waits) == (ThrottledError, 1, [])


def test_no_retry_means_once():
    result, calls, _ = run(Endpoint(ServerFaultError()), NO_RETRY)
    assert (type(result), calls) == (ServerFaultError, 1)
