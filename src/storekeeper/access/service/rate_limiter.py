"""Counts sign-ins by account and by address, in memory that does not grow."""

import math
import threading
from collections import OrderedDict

from storekeeper.access.model import LimitReachedError
from storekeeper.access.rules.rate_limit import MICROSECONDS, Limit, Verdict, give_back, look, take
from storekeeper.kernel.clock import Clock

MOST_KEYS = 20_000


class RateLimiter:
    """The states of all callers; the one who was away longest is forgotten first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._states: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, limit: Limit, key: str) -> None:
        """Count one use. Raises LimitReachedError."""
        now = self._now()
        with self._lock:
            allowed, state = take(self._states.pop((limit.name, key), None), now, limit)
            self._states[limit.name, key] = state
            if len(self._states) > MOST_KEYS:
                self._states.popitem(last=False)
        if not allowed:
            raise LimitReachedError(
                f"Too many attempts for this {limit.name}.",
                hint="Wait, then try again. An admin can reset a forgotten password.",
                retry_after=math.ceil(look(state, now, limit).retry_after),
            )

    def look(self, limit: Limit, key: str) -> Verdict:
        with self._lock:
            return look(self._states.get((limit.name, key)), self._now(), limit)

    def give_back(self, limit: Limit, key: str) -> None:
        """One use did no harm and is not counted."""
        with self._lock:
            state = self._states.get((limit.name, key))
            if state is not None:
                self._states[limit.name, key] = give_back(state, limit)

    def _now(self) -> int:
        return round(self._clock.monotonic() * MICROSECONDS)
