"""Politeness: no more requests a second than are allowed, however many workers there are."""

import threading

from storekeeper.kernel.clock import Clock


class Pace:
    """Hands out moments to send a request, evenly spaced. Safe to share between threads."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._next = clock.monotonic()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when it is the caller's turn; at once where there is no limit."""
        if not self._interval:
            return
        with self._lock:
            now = self._clock.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._interval
        if turn > now:
            self._clock.sleep(turn - now)
