"""The breaker against its specification: whatever is done in whatever order, both agree on every answer and figure.

The specification keeps everything that happened in a list and counts it anew each time; it knows nothing of locks,
rings, lanes or numbers drawn.
"""

import asyncio
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from storekeeper_client.breaker import (
    BreakerConfig,
    BreakerOpenError,
    CircuitBreaker,
    Failure,
    Mode,
    State,
    Window,
)

pytestmark = pytest.mark.slow  # thousands of steps

SPAN = 4.0  # seconds of one of the 32 parts of the window by time; a power of two, so that no rounding can differ
STEPS = Counter()  # of each test

CONFIGS = st.builds(
    BreakerConfig,
    window=st.sampled_from(Window),
    size=st.integers(1, 12),
    monitoring_window=st.just(32 * SPAN),
    min_calls=st.integers(1, 8),
    failure_threshold=st.integers(1, 6),
    failure_rate_threshold=st.sampled_from([0.25, 0.5, 1.0]),
    slow_rate_threshold=st.sampled_from([0.25, 0.5, 1.0]),
    recovery_timeout=st.just(64.0),
    longest_recovery=st.just(200.0),
    jitter=st.sampled_from([0.0, 0.5]),
    half_open_permits=st.integers(1, 4),
    lease=st.just(16.0),
)
KINDS = st.sampled_from(["good", "good", "failed", "failed", "ignored", "cancelled"])
ERRORS = {"failed": ConnectionError, "ignored": FileNotFoundError, "cancelled": KeyboardInterrupt}
DURATIONS = st.sampled_from([0.0, 0.5, 2.0, 8.0])


class Specification:
    """What a breaker is to do, in the simplest way to say it."""

    def __init__(self, config, now):
        self.config, self.now = config, now
        self.epoch, self.k = 0, 0
        self.refused = self.ignored = self.throttled = self.late = 0
        self.modes = {}  # by epoch
        self.enter(State.CLOSED)

    def enter(self, state, mode=Mode.AUTOMATIC):
        self.state, self.mode, self.since, self.until = state, mode, self.now, None
        self.modes[self.epoch] = mode
        self.ends = []  # (moment, failed, slow) of every call that counts in this epoch
        self.lent = {}  # trial call: until when

    def go(self, state, mode=Mode.AUTOMATIC):
        reopened = self.state is State.HALF_OPEN
        self.epoch += 1
        self.enter(state, mode)
        if mode is not Mode.AUTOMATIC:
            return
        if state is State.OPEN:
            self.k = self.k + 1 if reopened else 0
            seconds = min(self.config.recovery_timeout * 2**self.k, self.config.longest_recovery)
            self.until = self.now + seconds * (1 - self.config.jitter / 2)
        elif state is State.CLOSED:
            self.k = 0

    def pass_time(self):
        if self.state is State.OPEN and self.until is not None and self.now >= self.until:
            self.go(State.HALF_OPEN)
        expired = [permit for permit, until in self.lent.items() if until <= self.now]
        for permit in expired:
            del self.lent[permit]
            self.ends.append((self.now, True, True))
        if expired:
            self.decide(failed=True)

    def lets_pass(self):
        self.pass_time()
        if self.state is State.HALF_OPEN:
            return len(self.ends) + len(self.lent) < self.config.half_open_permits
        return self.state is State.CLOSED

    def ended(self, permit, epoch, kind, duration):
        self.pass_time()
        if self.modes[epoch] is Mode.DISABLED:
            return
        self.throttled += kind == "throttled"
        self.ignored += kind == "ignored"
        trial = self.state is State.HALF_OPEN
        if epoch != self.epoch or (trial and permit not in self.lent):
            self.late += kind != "cancelled"
            return
        self.lent.pop(permit, None)
        if kind in ("cancelled", "throttled") or (kind == "ignored" and not trial):
            return
        failed = kind == "failed"
        slow = kind != "ignored" and duration >= self.config.slow_call_threshold
        self.ends.append((self.now, failed, slow))
        if self.mode is Mode.AUTOMATIC and (failed or slow or trial):
            self.decide(failed=failed)

    def window(self):
        if self.state is State.HALF_OPEN:
            return self.ends
        if self.config.window is Window.COUNT:
            return self.ends[-self.config.size :]
        current = (self.now - self.since) // SPAN
        return [end for end in self.ends if (end[0] - self.since) // SPAN > current - 32]

    def consecutive(self):
        row = 0
        for _, failed, _ in self.ends:
            row = row + 1 if failed else 0
        return row

    def decide(self, *, failed):
        config, counted = self.config, self.window()
        trial = self.state is State.HALF_OPEN
        of = config.half_open_permits if trial else len(counted)
        failures, slow = sum(end[1] for end in counted), sum(end[2] for end in counted)
        in_a_row = failed and self.consecutive() >= config.failure_threshold
        too_many = failures / of >= config.failure_rate_threshold and (failed or not trial)
        too_slow = slow / of >= config.slow_rate_threshold
        enough = trial or len(counted) >= config.min_calls
        if in_a_row or (enough and (too_many or too_slow)):
            self.go(State.OPEN)
        elif trial and len(counted) >= of:
            self.go(State.CLOSED)


class Comparison(RuleBasedStateMachine):
    permits = Bundle("permits")
    tasks = Bundle("tasks")

    @initialize(config=CONFIGS)
    def start(self, config):
        self.config, self.now = config, 1024.0
        self.breaker = CircuitBreaker("b", config, clock=lambda: self.now, random=lambda: 0.5)
        self.spec = Specification(config, self.now)
        self.loop, self.running = asyncio.new_event_loop(), {}
        self.told = []
        self.breaker.on_transition(self.told.append)

    @rule(target=permits)
    def acquire(self):
        STEPS["all"] += 1
        if not self.spec.lets_pass():
            with pytest.raises(BreakerOpenError) as refused:
                self.breaker.acquire()
            self.spec.refused += 1
            self.check_wait(refused.value.retry_after)
            return None
        permit = self.breaker.acquire()
        assert permit.epoch == self.spec.epoch
        self.lend(permit)
        return permit

    def lend(self, token):
        if self.spec.state is State.HALF_OPEN:
            self.spec.lent[token] = self.now + self.config.lease

    def check_wait(self, seconds):
        if self.spec.state is State.HALF_OPEN:
            assert seconds == min(self.spec.lent.values()) - self.now
        elif self.spec.until is not None:
            assert seconds == self.spec.until - self.now
        else:
            assert seconds == self.config.recovery_timeout

    @rule(
        permit=permits,
        kind=st.sampled_from(["good", "good", "failed", "failed", "ignored", "throttled", "cancelled"]),
        duration=DURATIONS,
    )
    def settle(self, permit, kind, duration):
        STEPS["all"] += 1
        if permit is None or permit.settled:
            return
        epoch = permit.epoch
        if kind == "good":
            permit.success(duration)
        elif kind == "failed":
            permit.failure(Failure.CONNECT, duration)
        else:
            {"ignored": permit.ignored, "throttled": permit.throttled, "cancelled": permit.cancel}[kind]()
        assert permit.settled
        self.spec.ended(permit, epoch, kind, duration)

    @rule(kind=KINDS, duration=DURATIONS)
    def call(self, kind, duration):
        STEPS["all"] += 1

        def work():
            self.now = self.spec.now = self.now + duration
            if kind in ERRORS:
                raise ERRORS[kind]
            return "done"

        token = object()
        if not self.spec.lets_pass():
            with pytest.raises(BreakerOpenError):
                self.breaker.call(work)
            self.spec.refused += 1
            return
        epoch = self.spec.epoch
        self.lend(token)
        if kind in ERRORS:
            with pytest.raises(ERRORS[kind]):
                self.breaker.call(work)
        else:
            assert self.breaker.call(work) == "done"
        self.spec.ended(token, epoch, kind, duration)

    @rule(target=tasks)
    def begin_task(self):
        STEPS["all"] += 1
        expected, answer = self.spec.lets_pass(), self.loop.create_future()

        async def work():
            return await answer

        task = self.loop.create_task(self.breaker.call_async(work))
        self.turn()
        if not expected:
            self.spec.refused += 1
            assert isinstance(task.exception(), BreakerOpenError)
            return None
        assert not task.done()
        self.lend(task)
        self.running[task] = answer, self.spec.epoch, self.now
        return task

    @rule(task=tasks, kind=KINDS)
    def end_task(self, task, kind):
        STEPS["all"] += 1
        if task not in self.running:
            return
        answer, epoch, started = self.running.pop(task)
        if kind == "cancelled":
            task.cancel()
        elif kind in ERRORS:
            answer.set_exception(ERRORS[kind]())
        else:
            answer.set_result("done")
        self.turn()
        assert task.done()
        assert task.cancelled() == (kind == "cancelled")
        assert task.cancelled() or type(task.exception()) is ERRORS.get(kind, type(None))
        self.spec.ended(task, epoch, kind, self.now - started)

    def turn(self):
        """Let the loop do what there is to do."""
        for _ in range(3):
            self.loop.run_until_complete(asyncio.sleep(0))

    @rule(seconds=st.sampled_from([0.5, 3.0, 4.0, 20.0, 64.0, 150.0]))
    def wait(self, seconds):
        STEPS["all"] += 1
        self.now = self.spec.now = self.now + seconds

    @rule()
    def look(self):
        STEPS["all"] += 1
        self.spec.pass_time()
        seen, spec = self.breaker.snapshot(), self.spec
        assert (seen.state, seen.mode, seen.epoch, seen.k) == (spec.state, spec.mode, spec.epoch, spec.k)
        assert seen.until == spec.until
        figures = seen.figures
        assert (figures.refused, figures.ignored) == (spec.refused, spec.ignored)
        assert (figures.throttled, figures.late) == (spec.throttled, spec.late)
        assert figures.trials == len(spec.lent) <= self.config.half_open_permits
        if spec.state is not State.OPEN and spec.mode is not Mode.DISABLED:
            counted = spec.window()
            assert (figures.calls, figures.consecutive) == (len(counted), spec.consecutive())
            assert figures.failures == sum(end[1] for end in counted)
            assert figures.slow == sum(end[2] for end in counted)

    @rule(mode=st.sampled_from(Mode))
    def told_to(self, mode):
        STEPS["all"] += 1
        self.breaker.set_mode(mode)
        self.spec.go(State.OPEN if mode is Mode.FORCED_OPEN else State.CLOSED, mode)

    @rule(reset=st.booleans())
    def by_hand(self, reset):
        STEPS["all"] += 1
        (self.breaker.reset if reset else self.breaker.open)()
        self.spec.go(State.CLOSED if reset else State.OPEN)

    def teardown(self):
        """Once the storage works, every breaker that decides by itself closes within one wait; nothing stays lent."""
        if not hasattr(self, "breaker"):
            return
        for task in list(self.running):
            self.end_task(task, "cancelled")
        self.loop.close()
        self.look()
        assert [each.epoch for each in self.told] == list(range(1, self.spec.epoch + 1))
        if self.breaker.snapshot().mode is Mode.FORCED_OPEN:
            return
        for _ in range(2 + 2 * self.config.half_open_permits):
            self.now = self.now + max(self.breaker.snapshot().retry_after, self.config.lease)
            if self.breaker.state is State.CLOSED:
                break
            for _ in range(self.config.half_open_permits):
                if self.breaker.snapshot().retry_after == 0:
                    self.breaker.call(int)
        assert self.breaker.state is State.CLOSED
        assert self.breaker.snapshot().figures.trials == 0


def test_the_breaker_is_as_specified():
    STEPS.clear()
    run_state_machine_as_test(
        Comparison,
        settings=settings(
            max_examples=400,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )
    assert STEPS["all"] >= 10_000
