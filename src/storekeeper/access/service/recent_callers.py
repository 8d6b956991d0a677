"""Callers who were found out a moment ago, so that whoever asks a hundred times a second is looked up once."""

import hashlib
import threading

from storekeeper.infra.web import Principal
from storekeeper.kernel.clock import Clock

SECONDS = 1.0  # what was changed on another node takes effect after so long; on this one, at once
MOST = 1000


class RecentCallers:
    """Safe to share between threads. Holds hashes, not credentials."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._found: dict[bytes, tuple[float, Principal]] = {}
        self._changes = 0
        self._lock = threading.Lock()

    @property
    def changes(self) -> int:
        """How often users, sessions or keys have changed: look at it before you look a caller up."""
        return self._changes

    def remember(self, authorization: str, cookie: str, principal: Principal, *, changes: int) -> None:
        """Who that is, unless something has changed since there were so many `changes`."""
        with self._lock:
            if changes != self._changes:
                return
            if len(self._found) >= MOST:
                self._found = {}
            self._found[_hash(authorization, cookie)] = (self._clock.monotonic() + SECONDS, principal)

    def recall(self, authorization: str, cookie: str = "") -> Principal | None:
        """Who that was a moment ago, by both of them together."""
        until, principal = self._found.get(_hash(authorization, cookie), (0.0, None))
        return principal if self._clock.monotonic() < until else None

    def forget(self) -> None:
        """Something about users, sessions or keys has changed."""
        with self._lock:
            self._changes += 1
            self._found = {}


def _hash(authorization: str, cookie: str) -> bytes:
    return hashlib.sha256(f"{authorization}\n{cookie}".encode()).digest()
