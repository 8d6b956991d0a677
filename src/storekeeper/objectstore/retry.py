"""Trying again: exponential back-off with full jitter, as Retry-After asks, and not for ever.

Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from collections.abc import Callable
from random import Random
from typing import TypeVar

import msgspec

from storekeeper.kernel.clock import Clock

from .errors import ObjectStoreError

T = TypeVar("T")


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """`attempts` counts the first one; times are in seconds."""

    attempts: int = 6
    base: float = 0.25
    cap: float = 20.0
    total: float = 120.0  # no retry starts that would end its wait after this


NO_RETRY = RetryPolicy(attempts=1)


class Retrying:
    """Runs a request until it succeeds, fails for good, or the policy's patience ends."""

    def __init__(
        self,
        policy: RetryPolicy,
        clock: Clock,
        random: Random,
        on_retry: Callable[[ObjectStoreError, float], None] | None = None,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._random = random
        self._on_retry = on_retry

    def call(self, request: Callable[[], T]) -> T:
        """What `request` returns; raises the last ObjectStoreError. `on_retry` hears (error, wait in seconds)."""
        start = self._clock.monotonic()
        attempt = 1
        while True:
            try:
                return request()
            except ObjectStoreError as error:
                wait = self._wait(error, attempt)
                elapsed = self._clock.monotonic() - start
                if not error.retry or attempt >= self._policy.attempts or elapsed + wait > self._policy.total:
                    raise
                if self._on_retry:
                    self._on_retry(error, wait)
            self._clock.sleep(wait)
            attempt += 1

    def _wait(self, error: ObjectStoreError, attempt: int) -> float:
        ceiling = min(self._policy.cap, self._policy.base * 2.0 ** (attempt - 1))
        return (error.retry_after or 0.0) + self._random.uniform(0, ceiling)
