"""The circuit breaker of one bucket, as programs use it."""

import functools
import inspect
import random as randomness
import time
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar, cast

from .classify import classify as classify_error
from .governed import Governed
from .model import BreakerConfig
from .permit import Permit
from .verdict import Classify

_P = ParamSpec("_P")
_R = TypeVar("_R")
_DEFAULT = BreakerConfig()


class CircuitBreaker(Governed):
    """Lets calls to a bucket pass until it fails, then holds them back until it works again.

    Safe to use from any thread and from event loops: it never waits, and its lock is never held while a call runs.
    `clock` gives seconds that never go back; `random` numbers from 0 to 1; `classify` says what an exception means.
    """

    def __init__(
        self,
        bucket: str,
        config: BreakerConfig = _DEFAULT,
        *,
        clock: Callable[[], float] = time.monotonic,  # noqa: TID251 - two readings a call: a detour costs a quarter
        random: Callable[[], float] = randomness.random,
        classify: Classify = classify_error,
    ) -> None:
        super().__init__(bucket, config, clock=clock, random=random, classify=classify)

    def acquire(self) -> Permit:
        """A permit for one call, to be settled; `with breaker.acquire() as permit:` does so. Raises BreakerOpenError."""
        return Permit(self, self.lane, self.clock())

    def call(self, function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """What the function returns or raises; it is not called while the breaker is open (BreakerOpenError)."""
        return self._run(function, args, kwargs)

    async def call_async(
        self, function: Callable[_P, Awaitable[_R]], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """The same for what has to be awaited. A call that is cancelled gives its permit back."""
        with self.acquire():
            return await function(*args, **kwargs)

    def guarded(self, function: Callable[_P, _R]) -> Callable[_P, _R]:
        """A decorator for functions and coroutine functions: each of their calls goes through the breaker."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: _P.args, **kwargs: _P.kwargs) -> Any:
                with self.acquire():
                    return await function(*args, **kwargs)

            return cast("Callable[_P, _R]", awaited)
        run = self._run

        @functools.wraps(function)
        def called(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            return run(function, args, kwargs)

        return called

    def _run(self, function: Callable[..., _R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> _R:
        """One call. Straight, for this is what every call pays: see `phases` for how it does without the lock."""
        lane, clock = self.lane, self.clock
        if lane is None:
            with self.acquire():
                return function(*args, **kwargs)
        started = clock()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            Permit(self, lane, started).end_by(error)
            raise
        now = clock()
        if now - started < self.slow and now < lane.fresh_until and self.lane is lane:
            lane.tick()
        else:
            Permit(self, lane, started).success(now - started)
        return result
