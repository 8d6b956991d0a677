"""The breaker in use: what passes, what is refused and why, how calls and blocks settle."""

import asyncio
import pickle

import pytest

from storekeeper_client.breaker import BreakerConfig, BreakerOpenError, Failure, Mode, State


def fail(breaker, times, kind=Failure.CONNECT):
    for _ in range(times):
        breaker.acquire().failure(kind)


def test_three_failures_in_a_row_open_it_and_it_says_why(breaker, told):
    fail(breaker, 2)
    breaker.acquire().success()
    fail(breaker, 3, Failure.TLS)
    with pytest.raises(BreakerOpenError) as refused:
        breaker.acquire()
    assert (refused.value.bucket, refused.value.retry_after) == ("media", 60.0)
    assert refused.value.reason == "3 calls in a row failed, the last by an error of TLS"
    (opened,) = told
    assert (opened.before, opened.after, opened.epoch) == (State.CLOSED, State.OPEN, 1)
    assert (opened.figures.calls, opened.figures.failures) == (6, 5)


def test_it_tries_again_by_itself_and_closes(breaker, told, clock):
    fail(breaker, 3)
    clock.advance(59.9)
    assert breaker.state is State.OPEN
    clock.advance(0.1)
    assert breaker.state is State.HALF_OPEN
    assert breaker.call(lambda: 7) == 7
    assert breaker.state is State.CLOSED
    assert [each.reason for each in told] == [
        "3 calls in a row failed, the last by a failed connection",
        "the time to wait is over",
        "1 of 1 trial call succeeded",
    ]


def test_a_trial_that_fails_doubles_the_wait_up_to_the_longest(make, clock):
    breaker = make(longest_recovery=200.0)
    fail(breaker, 3)
    waits = []
    for _ in range(4):
        waits.append(breaker.snapshot().retry_after)
        clock.advance(waits[-1])
        fail(breaker, 1)
    assert waits == [60.0, 120.0, 200.0, 200.0]
    assert breaker.snapshot().k == 4


def test_the_rate_of_failures_opens_it(make):
    breaker = make(failure_threshold=100, min_calls=10)
    for _ in range(5):
        breaker.acquire().success()
        fail(breaker, 1)
    assert breaker.snapshot().reason == "50% of the 10 calls of the last 300 s failed"


def one_call(breaker):
    breaker.call(int)


def one_permit(breaker):
    breaker.acquire().success()


@pytest.mark.parametrize("work", [one_call, one_permit])
def test_calls_count_in_the_part_of_the_window_in_which_they_ended(make, clock, work):
    breaker = make(monitoring_window=320.0)
    work(breaker)
    clock.advance(200)
    work(breaker)
    clock.advance(200)
    assert breaker.snapshot().figures.calls == 1


def test_slow_calls_open_it(make, clock):
    breaker = make(window="count", size=10, min_calls=4, slow_rate_threshold=0.5)
    for _ in range(2):
        breaker.call(int)
    breaker.call(clock.advance, 2.0)
    assert breaker.state is State.CLOSED
    breaker.call(clock.advance, 2.0)
    assert breaker.snapshot().reason == "50% of the last 4 calls took 2 s or longer"


def test_what_is_half_open_lets_only_so_many_pass(make, clock):
    breaker = make(half_open_permits=2, lease=30.0)
    fail(breaker, 3)
    clock.advance(60)
    first, _second = breaker.acquire(), breaker.acquire()
    clock.advance(10)
    with pytest.raises(BreakerOpenError) as refused:
        breaker.acquire()
    assert refused.value.retry_after == 20.0
    first.cancel()
    breaker.acquire().success()
    assert breaker.snapshot().figures.trials == 1


def test_a_lease_that_expired_is_a_failure_and_its_result_comes_late(breaker, told, clock):
    fail(breaker, 3)
    clock.advance(60)
    lost = breaker.acquire()
    clock.advance(60)
    assert breaker.state is State.OPEN
    assert told[-1].reason == "1 of 1 trial call failed, the last by a timeout"
    clock.advance(120)
    assert breaker.state is State.HALF_OPEN
    lost.success()
    assert breaker.state is State.HALF_OPEN
    assert breaker.snapshot().figures.late == 1


def test_the_callers_faults_do_not_count_but_show_that_it_answers(breaker, clock):
    for _ in range(10):
        breaker.acquire().ignored()
    assert breaker.snapshot().figures.calls == 0
    fail(breaker, 3)
    clock.advance(60)
    breaker.acquire().ignored()
    assert breaker.state is State.CLOSED
    assert breaker.snapshot().figures.ignored == 11


def test_throttling_is_no_outage(breaker):
    for _ in range(50):
        breaker.acquire().throttled()
    assert breaker.state is State.CLOSED
    assert breaker.snapshot().figures.throttled == 50


def test_throttling_pauses_where_that_is_wanted(make, clock):
    breaker = make(throttle_backoff=1.0)
    under_way = breaker.acquire()
    waits = []
    for _ in range(3):
        breaker.acquire().throttled()
        with pytest.raises(BreakerOpenError, match="asked for fewer requests") as refused:
            breaker.call(int)
        waits.append(refused.value.retry_after)
        clock.advance(waits[-1])
    assert waits == [1.0, 2.0, 4.0]
    under_way.throttled()
    clock.advance(8.0)
    assert breaker.call(int) == 0
    clock.advance(8.0)
    breaker.acquire().throttled(retry_after=30.0)
    assert (breaker.state, breaker.snapshot().retry_after) == (State.CLOSED, 30.0)


def test_a_block_settles_by_how_it_ends(breaker):
    with breaker.acquire() as permit:
        pass
    assert permit.settled
    with pytest.raises(ConnectionResetError), breaker.acquire():
        raise ConnectionResetError
    with pytest.raises(KeyError), breaker.acquire():
        raise KeyError
    with pytest.raises(KeyboardInterrupt), breaker.acquire():
        raise KeyboardInterrupt
    with breaker.acquire() as permit:
        permit.failure(Failure.SERVER)
    figures = breaker.snapshot().figures
    assert (figures.calls, figures.failures, figures.ignored) == (3, 2, 0)


def test_a_permit_is_settled_once(breaker):
    permit = breaker.acquire()
    permit.failure()
    permit.failure()
    permit.success()
    permit.cancel()
    assert (breaker.snapshot().figures.calls, breaker.snapshot().figures.consecutive) == (1, 1)


def test_functions_and_coroutine_functions_are_guarded(breaker):
    @breaker.guarded
    def add(a, *, b):
        return a + b

    @breaker.guarded
    async def reach(host):
        raise TimeoutError(host)

    assert (add(1, b=2), add.__name__) == (3, "add")
    for _ in range(3):
        with pytest.raises(TimeoutError):
            asyncio.run(reach("h"))
    with pytest.raises(BreakerOpenError):
        asyncio.run(reach("h"))
    with pytest.raises(BreakerOpenError):
        add(1, b=2)


def test_a_method_can_be_guarded(breaker):
    class Shop:
        @breaker.guarded
        def price(self, number):
            return number * 2

    assert Shop().price(4) == 8


def test_modes(breaker, told):
    breaker.set_mode(Mode.METRICS_ONLY)
    fail(breaker, 10)
    assert breaker.snapshot().figures.failures == 10
    assert breaker.state is State.CLOSED
    breaker.set_mode(Mode.DISABLED)
    fail(breaker, 10)
    breaker.call(int)
    assert breaker.snapshot().figures.calls == 0
    breaker.set_mode(Mode.FORCED_OPEN, "maintenance")
    with pytest.raises(BreakerOpenError, match="maintenance"):
        breaker.call(int)
    breaker.set_mode(Mode.AUTOMATIC)
    assert breaker.call(int) == 0
    assert [each.mode for each in told] == ["metrics-only", "disabled", "forced-open", "automatic"]


def test_forced_open_has_a_time_limit_where_it_is_given(breaker, clock):
    breaker.set_mode(Mode.FORCED_OPEN, seconds=30.0)
    clock.advance(30)
    assert (breaker.snapshot().state, breaker.snapshot().mode) == (State.HALF_OPEN, Mode.AUTOMATIC)


def test_what_was_saved_is_restored(breaker, make, clock, told):
    fail(breaker, 3)
    clock.advance(60)
    fail(breaker, 1)
    saved = breaker.snapshot()
    again = make()
    again.restore(saved.state, saved.epoch, saved.until, saved.k, reason=saved.reason)
    taken = again.snapshot()
    assert (taken.state, taken.epoch, taken.until, taken.k) == (saved.state, 3, saved.until, 1)
    assert len(told) == 3
    clock.advance(120)
    fail(again, 1)
    assert again.snapshot().retry_after == 240.0


@pytest.mark.parametrize("mode", [Mode.DISABLED, Mode.METRICS_ONLY, Mode.FORCED_OPEN])
def test_a_mode_is_restored_too(make, mode):
    breaker = make()
    breaker.restore(State.CLOSED, 9, None, 0, mode=mode)
    assert (breaker.snapshot().mode, breaker.snapshot().epoch) == (mode, 9)


def test_settings_may_change_while_it_works(make, clock):
    breaker = make(failure_threshold=100)
    fail(breaker, 5)
    breaker.call(int)
    breaker.configure(BreakerConfig(failure_threshold=2, recovery_timeout=7.0, jitter=0.0))
    assert (breaker.snapshot().figures.calls, breaker.snapshot().figures.failures) == (6, 5)
    fail(breaker, 2)
    assert breaker.snapshot().retry_after == 7.0
    breaker.configure(BreakerConfig(recovery_timeout=9.0, slow_call_threshold=1.0, half_open_permits=2))
    assert breaker.snapshot().retry_after == 7.0
    clock.advance(7)
    breaker.call(int)
    breaker.configure(BreakerConfig(half_open_permits=1))
    breaker.call(int)
    assert breaker.state is State.CLOSED


def test_another_window_begins_empty(breaker):
    fail(breaker, 2)
    breaker.configure(BreakerConfig(window="count"))
    assert (breaker.snapshot().figures.calls, breaker.snapshot().figures.consecutive) == (0, 2)


def test_a_listener_may_use_the_breaker_and_may_fail(breaker, told, caplog):
    def stubborn(transition):
        if transition.after is State.OPEN:
            breaker.reset("not today")
            raise RuntimeError("listener fell over")

    breaker.on_transition(stubborn)
    fail(breaker, 3)
    assert [each.after for each in told] == [State.OPEN, State.CLOSED]
    assert "listener fell over" in caplog.text


def test_the_refusal_travels_between_processes():
    error = pickle.loads(pickle.dumps(BreakerOpenError("media", 2.5, "3 calls in a row failed")))
    assert (error.bucket, error.retry_after) == ("media", 2.5)
    assert str(error) == "calls to media are held back for 2.5 s: 3 calls in a row failed"


@pytest.mark.parametrize(
    "settings",
    [
        {"size": 0},
        {"failure_rate_threshold": 0.0},
        {"slow_rate_threshold": 1.1},
        {"recovery_timeout": 0.0},
        {"jitter": 1.0},
        {"longest_recovery": 1.0},
    ],
)
def test_settings_that_make_no_sense(settings):
    with pytest.raises(ValueError, match=r"must|can not"):
        BreakerConfig(**settings)
