"""The right to make one call."""

from types import TracebackType
from typing import Self

from .core import Core
from .model import Failure, Outcome
from .phases import End, Phase
from .verdict import Verdict


class Permit:
    """The right to make one call; it belongs to that call alone, and is stamped with the breaker's epoch.

    One of its methods settles it; the first that is called counts. As a context manager it settles itself by how the
    block ends. Durations are seconds; where they are left out, it is the time since the permit was given.
    """

    __slots__ = ("_breaker", "_phase", "_started")

    def __init__(self, breaker: Core, phase: Phase | None, started: float) -> None:
        self._breaker: Core | None = breaker  # until it is settled
        self._started = started
        self._phase = phase or breaker.admit(self)

    @property
    def epoch(self) -> int:
        """That of the breaker when it was given."""
        return self._phase.epoch

    @property
    def settled(self) -> bool:
        return self._breaker is None

    def success(self, duration: float | None = None) -> None:
        """It went well."""
        breaker = self._breaker
        if breaker is None:
            return
        lane, now = breaker.lane, breaker.clock()
        if duration is None:
            duration = now - self._started
        if lane is self._phase and duration < breaker.slow and now < lane.fresh_until:
            self._breaker = None
            lane.tick()
        else:
            self._settle(Outcome.OK, None, duration)

    def failure(self, kind: Failure = Failure.SERVER, duration: float | None = None) -> None:
        """The storage failed."""
        self._settle(Outcome.FAILURE, kind, duration)

    def throttled(self, retry_after: float | None = None) -> None:
        """The storage asked for fewer requests, and maybe to come back after so many seconds."""
        self._settle(Outcome.THROTTLED, retry_after=retry_after)

    def ignored(self) -> None:
        """The storage answered, and the request was at fault: it does not count."""
        self._settle(Outcome.CALLER)

    def cancel(self) -> None:
        """How the call would have ended is not known: give the permit back."""
        self._settle(Outcome.UNKNOWN)

    def end(self, verdict: Verdict, duration: float | None = None) -> None:
        """Settle it by a verdict."""
        self._settle(verdict.outcome, verdict.kind, duration, verdict.retry_after)

    def end_by(self, error: BaseException) -> None:
        """Settle it by what was raised. What is no `Exception` broke the call off from outside (a cancelled task)."""
        if self._breaker is None:
            return
        if isinstance(error, Exception):
            self.end(self._breaker.classify(error))
        else:
            self.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.success()
        else:
            self.end_by(error)

    def _settle(
        self,
        outcome: Outcome,
        kind: Failure | None = None,
        duration: float | None = None,
        retry_after: float | None = None,
    ) -> None:
        breaker, self._breaker = self._breaker, None
        if breaker is not None:
            elapsed = breaker.clock() - self._started if duration is None else duration
            breaker.settle(self._phase, self, End(outcome, kind, elapsed, retry_after))
