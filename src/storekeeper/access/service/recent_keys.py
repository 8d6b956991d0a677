"""API keys that were looked up a moment ago, so that a program that calls a hundred times a second is looked up once."""

import hashlib

from storekeeper.infra.web import Principal
from storekeeper.kernel.clock import Clock

SECONDS = 1.0  # what was changed on another node takes effect after so long; on this one, at once
MOST = 1000


class RecentKeys:
    """Safe to share between threads. Holds hashes, not keys."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._found: dict[bytes, tuple[float, Principal]] = {}

    def remember(self, credential: str, principal: Principal) -> None:
        if len(self._found) >= MOST:
            self._found = {}
        self._found[_hash(credential)] = (self._clock.monotonic() + SECONDS, principal)

    def recall(self, credential: str) -> Principal | None:
        until, principal = self._found.get(_hash(credential), (0.0, None))
        return principal if self._clock.monotonic() < until else None

    def forget(self) -> None:
        """Something about users or keys has changed."""
        self._found = {}


def _hash(credential: str) -> bytes:
    return hashlib.sha256(credential.encode()).digest()
