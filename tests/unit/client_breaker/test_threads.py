"""Sixteen threads at once, switched as often as can be: no call is lost, no quota exceeded, no permit left behind."""

import contextlib
import itertools
import random
import sys
import threading

import pytest

from storekeeper_client.breaker import BreakerConfig, BreakerOpenError, CircuitBreaker, State, Window

THREADS = 16


@pytest.fixture(autouse=True)
def _hasty():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(work):
    """Run `work(number)` in all threads; what any of them raised."""
    faults, start = [], threading.Barrier(THREADS)

    def run(number):
        start.wait()
        try:
            work(number)
        except Exception as error:  # noqa: BLE001 - told below
            faults.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


@pytest.mark.parametrize("window", Window)
def test_every_call_is_counted(window):
    """Among them those that take the lane without a lock, while others look and fail."""
    config = BreakerConfig(window=window, size=10**6, failure_threshold=10**6, min_calls=10**6)
    breaker = CircuitBreaker("b", config)

    def fall():
        raise ConnectionError

    def work(number):
        for turn in range(1500):
            if turn % 50 == 7:
                with pytest.raises(ConnectionError):
                    breaker.call(fall)
            elif turn % 50 == 9:
                assert breaker.snapshot().figures.failures <= THREADS * 30
            elif (turn + number) % 2:
                breaker.call(int)
            else:
                with breaker.acquire():
                    pass

    at_once(work)
    figures = breaker.snapshot().figures
    assert (figures.calls, figures.failures) == (THREADS * (1500 - 30), THREADS * 30)
    assert figures.late == 0


class Storm:
    """Threads that call, fail, cancel and come late, while the clock runs and somebody plays with the breaker."""

    PERMITS, STEPS = 3, 700

    def __init__(self):
        self.now, self.lock = 0.0, threading.Lock()
        config = BreakerConfig(
            window=Window.COUNT,
            size=10**6,
            failure_threshold=4,
            min_calls=5,
            half_open_permits=self.PERMITS,
            recovery_timeout=5.0,
            longest_recovery=40.0,
            lease=1e9,  # none expires, so that votes can be counted
        )
        self.breaker = CircuitBreaker("b", config, clock=lambda: self.now)
        self.transitions = []
        self.given, self.returned, self.voted = {}, {}, 0
        self.breaker.on_transition(self.transitions.append)

    def note(self, counts, epoch):
        with self.lock:
            counts[epoch] = counts.get(epoch, 0) + 1

    def work(self, number):
        chance, kept = random.Random(number), []
        for _ in range(self.STEPS):
            with self.lock:
                self.now += chance.random()
            with contextlib.suppress(BreakerOpenError):
                kept.append(self.breaker.acquire())
                self.note(self.given, kept[-1].epoch)
            assert self.breaker.snapshot().figures.trials <= self.PERMITS
            while len(kept) > chance.choice([0, 0, 0, 4]):
                self.settle(kept.pop(chance.randrange(len(kept))), chance.random())
            if chance.random() < 0.002:
                self.breaker.reset()
        for permit in kept:
            self.settle(permit, 0.0)

    def settle(self, permit, chance):
        if chance < 0.2:
            self.note(
                self.returned, permit.epoch
            )  # before, so that who takes it next is not counted too early
            permit.cancel()
            return
        with self.lock:
            self.voted += 1
        permit.success(0.0) if chance < 0.6 else permit.failure(duration=0.0)


def test_the_laws_hold_in_a_storm():
    storm = Storm()
    at_once(storm.work)
    assert THREADS * storm.STEPS >= 10_000
    chain = storm.transitions
    assert [each.epoch for each in chain] == list(range(1, len(chain) + 1))
    assert all(one.after is other.before for one, other in itertools.pairwise(chain))
    trial_epochs = [each.epoch for each in chain if each.after is State.HALF_OPEN]
    assert len(trial_epochs) > 20
    for epoch in trial_epochs:
        assert storm.given.get(epoch, 0) - storm.returned.get(epoch, 0) <= storm.PERMITS
    assert all(each.figures.calls <= storm.PERMITS for each in chain if each.before is State.HALF_OPEN)
    # Each vote counts once: in the epoch in which its call began, or as late.
    last = storm.breaker.snapshot().figures
    counted = sum(each.figures.calls for each in chain if each.before is not State.OPEN) + last.late
    counted += last.calls if storm.breaker.state is not State.OPEN else 0
    assert storm.voted - THREADS * len(chain) <= counted <= storm.voted
    recover(storm)


def recover(storm):
    """It is not stuck: with the storage well, it closes."""
    for _ in range(2 + storm.PERMITS):
        storm.now += storm.breaker.snapshot().retry_after
        if storm.breaker.state is State.CLOSED:
            break
        storm.breaker.call(int)
    assert storm.breaker.state is State.CLOSED
    assert storm.breaker.snapshot().figures.trials == 0


def test_listeners_are_told_in_order_by_one_thread_at_a_time():
    config = BreakerConfig(failure_threshold=1, recovery_timeout=1e-9, longest_recovery=1e-9)
    breaker, inside, seen = CircuitBreaker("b", config), threading.Semaphore(1), []

    def listener(transition):
        assert inside.acquire(blocking=False)
        seen.append(transition.epoch)
        inside.release()

    breaker.on_transition(listener)

    def work(_):
        for _ in range(200):
            try:
                breaker.acquire().failure()
            except BreakerOpenError:
                continue

    at_once(work)
    breaker.snapshot()
    assert len(seen) > 100
    assert seen == list(range(1, len(seen) + 1))
