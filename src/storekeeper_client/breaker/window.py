"""Sliding windows: how many of the last calls, or of those in the last seconds, failed or were slow.

Both take O(1) for each call, amortized. Good calls come in as mere numbers, since that is how the breaker counts them.
"""

from abc import ABC, abstractmethod
from collections import deque
from math import inf

from .model import BreakerConfig, Window

_BUCKETS = 32  # of a window by time; what is older goes a 32nd of the window at a time


class Sliding(ABC):
    """`fresh_until` is the moment up to which `roll` has nothing to do."""

    __slots__ = ("failures", "fresh_until", "slow")

    def __init__(self) -> None:
        self.failures = self.slow = 0
        self.fresh_until = inf

    @property
    @abstractmethod
    def calls(self) -> int: ...

    @abstractmethod
    def roll(self, now: float) -> None:
        """Let go of what is too old by now."""

    @abstractmethod
    def good(self, count: int) -> None:
        """So many calls neither failed nor were slow."""

    @abstractmethod
    def bad(self, *, failed: bool, slow: bool) -> None:
        """One call failed, or was slow, or both."""


class CountWindow(Sliding):
    """The last `size` calls. Bad ones are kept by their number; all others in between were good."""

    __slots__ = ("_bad", "_seen", "_size")

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size, self._seen = size, 0
        self._bad: deque[tuple[int, bool, bool]] = deque()

    @property
    def calls(self) -> int:
        return min(self._seen, self._size)

    def roll(self, now: float) -> None:
        """Time changes nothing here."""

    def good(self, count: int) -> None:
        self._seen += count
        self._forget()

    def bad(self, *, failed: bool, slow: bool) -> None:
        self._seen += 1
        self._bad.append((self._seen, failed, slow))
        self.failures += failed
        self.slow += slow
        self._forget()

    def _forget(self) -> None:
        oldest = self._seen - self._size
        while self._bad and self._bad[0][0] <= oldest:
            _, failed, slow = self._bad.popleft()
            self.failures -= failed
            self.slow -= slow


class TimeWindow(Sliding):
    """The last `seconds`, as a ring of buckets with running sums."""

    __slots__ = ("_at", "_calls", "_ring", "_span")

    def __init__(self, seconds: float, now: float) -> None:
        super().__init__()
        self._span, self._calls, self._at = seconds / _BUCKETS, 0, 0
        self._ring = [[0, 0, 0] for _ in range(_BUCKETS)]
        self.fresh_until = now + self._span

    @property
    def calls(self) -> int:
        return self._calls

    def roll(self, now: float) -> None:
        if now < self.fresh_until:
            return
        steps = int((now - self.fresh_until) / self._span) + 1
        for _ in range(min(steps, _BUCKETS)):
            self._at = (self._at + 1) % _BUCKETS
            calls, failures, slow = self._ring[self._at]
            self._calls -= calls
            self.failures -= failures
            self.slow -= slow
            self._ring[self._at] = [0, 0, 0]
        self.fresh_until += steps * self._span

    def good(self, count: int) -> None:
        self._calls += count
        self._ring[self._at][0] += count

    def bad(self, *, failed: bool, slow: bool) -> None:
        bucket = self._ring[self._at]
        self._calls += 1
        bucket[0] += 1
        self.failures += failed
        bucket[1] += failed
        self.slow += slow
        bucket[2] += slow


def window_of(config: BreakerConfig, now: float) -> Sliding:
    """An empty one."""
    if config.window == Window.COUNT:
        return CountWindow(config.size)
    return TimeWindow(config.monitoring_window, now)


def span_of(config: BreakerConfig) -> tuple[str, float]:
    """What it covers: calls, or seconds."""
    by_count = config.window == Window.COUNT
    return config.window, config.size if by_count else config.monitoring_window
