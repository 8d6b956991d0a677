"""Time as a dependency: production asks the system, tests turn the hands."""

import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol, runtime_checkable


@runtime_checkable
class Clock(Protocol):
    """What the rest of the code may know of time."""

    def now(self) -> datetime:
        """The wall clock, always aware and in UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean anything."""

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""


class SystemClock:
    """The machine's clock. Plain functions of C: programs are metered by it, several times in each of their calls."""

    now = staticmethod(partial(datetime.now, UTC))  # noqa: TID251 - this is the one place
    monotonic = staticmethod(time.monotonic)  # noqa: TID251 - this is the one place
    sleep = staticmethod(time.sleep)  # noqa: TID251 - this is the one place


class ManualClock:
    """A clock that stands still until it is advanced; sleeping advances it."""

    def __init__(self, start: datetime = datetime(2026, 11, 20, 12, tzinfo=UTC)) -> None:
        self._now = start
        self._monotonic = 1000.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move both hands forward by that many seconds."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Move only the wall clock, as an administrator or NTP would."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
