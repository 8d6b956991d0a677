"""The breakers of a program: one for each bucket."""

import random as randomness
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from .breaker import CircuitBreaker
from .classify import classify as classify_error
from .listeners import Listener
from .model import BreakerConfig, Mode, Snapshot, State
from .shared import Word
from .verdict import Classify


class BreakerRegistry:
    """Makes each bucket's breaker when it is first asked for, from `configs[bucket]` or else `config`.

    `max_forced_open_share`: of the buckets that the program uses, no more than this share (but one) is held open by
    automation at once, be it a server's word or `force_open`. When everything seems to be broken, it is more likely that
    the one who says so is. People are not limited: they use `set_mode` of the breaker, or of the server.
    """

    def __init__(
        self,
        config: BreakerConfig | None = None,
        *,
        configs: Mapping[str, BreakerConfig] | None = None,
        max_forced_open_share: float = 0.5,
        clock: Callable[[], float] = time.monotonic,  # noqa: TID251 - see CircuitBreaker
        random: Callable[[], float] = randomness.random,
        classify: Classify = classify_error,
    ) -> None:
        if not 0 <= max_forced_open_share <= 1:
            raise ValueError("max_forced_open_share must be from 0 to 1")
        self.clock, self._random, self._classify = clock, random, classify
        self._config, self._configs = config or BreakerConfig(), dict(configs or {})
        self._share = max_forced_open_share
        self._breakers: dict[str, CircuitBreaker] = {}
        self._words: dict[
            str, tuple[Word, float]
        ] = {}  # of buckets that were not used yet, with when they came
        self._listeners: list[Listener] = []
        self._lock = threading.RLock()

    def get(self, bucket: str) -> CircuitBreaker:
        """The bucket's breaker."""
        return self._breakers.get(bucket) or self._make(bucket)

    def __iter__(self) -> Iterator[CircuitBreaker]:
        return iter(tuple(self._breakers.values()))

    def __len__(self) -> int:
        return len(self._breakers)

    def snapshots(self) -> list[Snapshot]:
        """All breakers at this moment, by bucket."""
        return sorted((breaker.snapshot() for breaker in self), key=lambda snapshot: snapshot.bucket)

    def on_transition(self, listener: Listener) -> None:
        """Call it with the transitions of all breakers, also of those that are made later."""
        with self._lock:
            self._listeners.append(listener)
            for breaker in self:
                breaker.on_transition(listener)

    def configure(self, config: BreakerConfig, configs: Mapping[str, BreakerConfig] | None = None) -> None:
        """Have all breakers go on by these settings."""
        with self._lock:
            self._config, self._configs = config, dict(configs or {})
            for breaker in self:
                breaker.configure(self._configs.get(breaker.bucket, config))

    def forget(self, bucket: str) -> None:
        """The bucket is no more. Who still holds its breaker holds one that nobody else knows."""
        with self._lock:
            self._breakers.pop(bucket, None)
            self._words.pop(bucket, None)

    def force_open(self, bucket: str, reason: str, seconds: float) -> bool:
        """Hold a bucket's calls back for so long, by automation; False when too many are held back already."""
        with self._lock:
            breaker = self.get(bucket)
            if not self._may_hold(breaker):
                return False
            breaker.set_mode(Mode.FORCED_OPEN, reason, seconds)
            return True

    def heed(self, word: Word) -> bool:
        """Do as a server says of a bucket, unless it is old news or too many are held open; whether anything changed."""
        with self._lock:
            breaker = self._breakers.get(word.bucket)
            if breaker is None:
                self._words[word.bucket] = word, self.clock()
                return False
            opens = word.state is State.OPEN and word.mode is Mode.AUTOMATIC
            if opens and not self._may_hold(breaker):
                return False
            return breaker.heed(word)

    def go_alone(self) -> None:
        """The server is away: decide without it."""
        with self._lock:
            self._words.clear()
            for breaker in self:
                breaker.go_alone()

    def _may_hold(self, breaker: CircuitBreaker) -> bool:
        held = sum(other.held_open for other in self if other is not breaker)
        return held < max(1, int(self._share * len(self._breakers))) if self._share else False

    def _make(self, bucket: str) -> CircuitBreaker:
        with self._lock:
            if bucket in self._breakers:
                return self._breakers[bucket]
            breaker = CircuitBreaker(
                bucket,
                self._configs.get(bucket, self._config),
                clock=self.clock,
                random=self._random,
                classify=self._classify,
            )
            for listener in self._listeners:
                breaker.on_transition(listener)
            self._breakers[bucket] = breaker
            if heard := self._words.pop(bucket, None):
                self.heed(_aged(heard[0], self.clock() - heard[1]))
            return breaker


def _aged(word: Word, seconds: float) -> Word:
    left = None if word.left is None else word.left - seconds
    return Word(bucket=word.bucket, state=word.state, epoch=word.epoch, left=left, mode=word.mode)
