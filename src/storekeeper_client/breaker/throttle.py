"""Holding back after the storage asked for fewer requests."""

from collections.abc import Callable
from math import inf

from .model import BreakerConfig
from .rules import wait


class Throttle:
    """Pauses that double while they are too short, and begin anew when one was long enough. Used under a lock."""

    __slots__ = ("_config", "_last", "_random", "_streak", "until")

    def __init__(self, config: BreakerConfig, random: Callable[[], float]) -> None:
        self._config, self._random = config, random
        self._last, self._streak, self.until = 0.0, 0, -inf

    def configure(self, config: BreakerConfig) -> None:
        self._config = config

    def note(self, now: float, asked: float | None) -> None:
        """A call was throttled, and told to wait for `asked` seconds, if it was told."""
        first = self._config.throttle_backoff
        if not first or now < self.until:  # others that were under way say nothing new
            return
        if now - self.until >= self._last:
            self._streak = 0
        self._last = wait(first, self._streak, self._config, self._random())
        self._streak += 1
        self.until = now + max(self._last, min(asked or 0.0, self._config.longest_recovery))
