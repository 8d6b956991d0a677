"""What a breaker does at present, one class per state and mode. A phase is used for one epoch and then thrown away.

Everything here runs under the breaker's lock, but for `Recording.tick`, which is the point of it:

A good call that was quick can neither open a breaker nor end a phase; all it does is add one to the calls in the window
and end a row of failures. Nobody needs to know before the next failure, slow call or look at the figures. So it just
draws a number from an `itertools.count`, which is one uninterrupted call into C under the interpreter's lock, hence no
draw is lost and none happens twice. Whoever holds the breaker's lock later draws a number too, and from the difference
to the last one learns how many good calls there were.

They are counted into the part of the window that was current when they ended, for who ends a call after that part
(`fresh_until`) takes the lock, and so closes it. If a thread is interrupted just between looking at the clock and drawing,
its call ended that much later, no more. If the phase ends in that moment, the draw goes with it: as a late result it would
have had no vote either. A call that finds the lane open began before a transition that another thread is making, since
reading `lane` is one step too.
"""

from abc import ABC, abstractmethod
from itertools import count
from typing import ClassVar, NamedTuple

from .model import BreakerConfig, Failure, Figures, Mode, Outcome, State
from .rules import Move, after_trial, trip
from .window import span_of, window_of


class End(NamedTuple):
    """How a call ended."""

    outcome: Outcome
    kind: Failure | None = None
    duration: float = 0.0
    retry_after: float | None = None  # what a throttled call was told


class Phase(ABC):
    """One epoch of a breaker. `lane` says whether calls may pass and end well without the lock."""

    __slots__ = ("epoch", "reason", "until")

    state: ClassVar[State]
    mode: ClassVar[Mode] = Mode.AUTOMATIC
    lane: ClassVar[bool] = False

    def __init__(self, epoch: int, reason: str, until: float | None = None) -> None:
        self.epoch, self.reason, self.until = epoch, reason, until

    @abstractmethod
    def admit(self, lease: object, now: float) -> float | None:
        """None when the call may pass, else seconds until it is worth asking again."""

    def owns(self, lease: object) -> bool:  # noqa: ARG002 - most phases need not look
        """Whether the result of this call is still waited for."""
        return True

    def settle(self, lease: object, end: End, now: float) -> Move | None:  # noqa: ARG002 - see above
        """Take note of how a call ended."""
        return None

    def advance(self, now: float) -> Move | None:  # noqa: ARG002 - see above
        """What is due by mere time."""
        return None

    def configure(self, config: BreakerConfig, now: float) -> None:  # noqa: B027 - most need not
        """Go on by these settings. Most phases end by those with which they began."""

    def figures(self, now: float) -> Figures:  # noqa: ARG002 - see above
        return Figures()

    def left(self, now: float) -> float:  # noqa: ARG002 - see above
        """Seconds until a call may pass; 0 when it may."""
        return 0.0


class Recording(Phase):
    """Lets all pass and takes note of how they end."""

    __slots__ = ("_config", "_consecutive", "_drawn", "_window", "fresh_until", "tick")

    state = State.CLOSED
    lane = True

    def __init__(self, epoch: int, reason: str, config: BreakerConfig, now: float) -> None:
        super().__init__(epoch, reason)
        self._config, self._window = config, window_of(config, now)
        self._consecutive = self._drawn = 0
        self.fresh_until = self._window.fresh_until
        self.tick = count().__next__

    def admit(self, lease: object, now: float) -> float | None:  # noqa: ARG002 - all may pass
        return None

    def settle(self, lease: object, end: End, now: float) -> Move | None:  # noqa: ARG002 - it has none
        if end.outcome not in (Outcome.OK, Outcome.FAILURE):
            return None
        self._catch_up(now)
        failed, slow = end.outcome is Outcome.FAILURE, end.duration >= self._config.slow_call_threshold
        self._consecutive = self._consecutive + 1 if failed else 0
        if not (failed or slow):
            self._window.good(1)
            return None
        self._window.bad(failed=failed, slow=slow)
        return self._judge(end.kind if failed else None)

    def figures(self, now: float) -> Figures:
        self._catch_up(now)
        return self._figures()

    def configure(self, config: BreakerConfig, now: float) -> None:
        """Calls so far are forgotten if the window is another."""
        self._catch_up(now)
        if span_of(config) != span_of(self._config):
            self._window = window_of(config, now)
            self.fresh_until = self._window.fresh_until
        self._config = config

    def _judge(self, last: Failure | None) -> Move | None:  # noqa: ARG002 - to be told by those who judge
        return None

    def _figures(self) -> Figures:
        window = self._window
        return Figures(
            calls=window.calls, failures=window.failures, slow=window.slow, consecutive=self._consecutive
        )

    def _catch_up(self, now: float) -> None:
        """Count the good calls since the last time; the number drawn here is no call."""
        number = self.tick()
        good, self._drawn = number - self._drawn, number + 1
        if good:
            self._window.good(good)
            self._consecutive = 0
        self._window.roll(now)
        self.fresh_until = self._window.fresh_until


class Closed(Recording):
    """As is usual: all may pass, until too many fail or are slow."""

    __slots__ = ()

    def _judge(self, last: Failure | None) -> Move | None:
        return trip(self._figures(), self._config, last)


class MetricsOnly(Recording):
    """Never opens."""

    __slots__ = ()
    mode = Mode.METRICS_ONLY


class Disabled(Phase):
    """Is as if there were no breaker."""

    __slots__ = ()
    state, mode = State.CLOSED, Mode.DISABLED

    def admit(self, lease: object, now: float) -> float | None:  # noqa: ARG002 - all may pass
        return None


class Open(Phase):
    """Lets nothing pass until its time has come. Its figures are those that opened it."""

    __slots__ = ("_figures",)
    state = State.OPEN

    def __init__(self, epoch: int, reason: str, until: float, figures: Figures) -> None:
        super().__init__(epoch, reason, until)
        self._figures = figures

    def admit(self, lease: object, now: float) -> float | None:  # noqa: ARG002 - none may pass
        return self.left(now)

    def advance(self, now: float) -> Move | None:
        if self.until is not None and now >= self.until:
            return Move(State.HALF_OPEN, "the time to wait is over")
        return None

    def figures(self, now: float) -> Figures:  # noqa: ARG002 - they no longer change
        return self._figures

    def left(self, now: float) -> float:
        return max(self.until - now, 0.0) if self.until is not None else 0.0


class ForcedOpen(Phase):
    """Lets nothing pass until told otherwise, or until its time limit."""

    __slots__ = ("_pause",)
    state, mode = State.OPEN, Mode.FORCED_OPEN

    def __init__(self, epoch: int, reason: str, until: float | None, pause: float) -> None:
        super().__init__(epoch, reason, until)
        self._pause = pause  # to be advised where nobody knows when it ends

    def admit(self, lease: object, now: float) -> float | None:  # noqa: ARG002 - none may pass
        return self.left(now)

    def advance(self, now: float) -> Move | None:
        if self.until is not None and now >= self.until:
            return Move(State.HALF_OPEN, "the time limit of being forced open is over")
        return None

    def left(self, now: float) -> float:
        return max(self.until - now, 0.0) if self.until is not None else self._pause


class HalfOpen(Phase):
    """Lets a few trial calls pass, each with a lease, and decides by their results."""

    __slots__ = ("_config", "_consecutive", "_failures", "_lent", "_slow", "_votes")
    state = State.HALF_OPEN

    def __init__(self, epoch: int, reason: str, config: BreakerConfig) -> None:
        super().__init__(epoch, reason)
        self._config = config
        self._lent: dict[object, float] = {}  # until when
        self._votes = self._failures = self._slow = self._consecutive = 0

    def admit(self, lease: object, now: float) -> float | None:
        if self._votes + len(self._lent) >= self._config.half_open_permits:
            return self.left(now)
        self._lent[lease] = now + self._config.lease
        return None

    def owns(self, lease: object) -> bool:
        return lease in self._lent

    def settle(self, lease: object, end: End, now: float) -> Move | None:  # noqa: ARG002 - leases are for `advance`
        del self._lent[lease]
        if end.outcome in (Outcome.UNKNOWN, Outcome.THROTTLED):
            return None
        # An answer that blames the caller shows as well as any other that the storage answers. Without a vote a
        # program that only asks for what is not there would never get out of here.
        failed = end.outcome is Outcome.FAILURE
        slow = end.outcome is not Outcome.CALLER and end.duration >= self._config.slow_call_threshold
        return self._vote(end.kind if failed else None, slow=slow)

    def advance(self, now: float) -> Move | None:
        expired = [lease for lease, until in self._lent.items() if until <= now]
        move = None
        for lease in expired:
            del self._lent[lease]
            move = self._vote(Failure.TIMEOUT, slow=True)
        return move

    def figures(self, now: float) -> Figures:  # noqa: ARG002 - time changes none of them
        return Figures(
            calls=self._votes,
            failures=self._failures,
            slow=self._slow,
            consecutive=self._consecutive,
            trials=len(self._lent),
        )

    def left(self, now: float) -> float:
        """When the first lease ends there is a decision, or a permit again."""
        if self._votes + len(self._lent) < self._config.half_open_permits:
            return 0.0
        return max(min(self._lent.values(), default=now) - now, 0.0)

    def _vote(self, failure: Failure | None, *, slow: bool) -> Move | None:
        self._votes += 1
        self._slow += slow
        self._failures += failure is not None
        self._consecutive = self._consecutive + 1 if failure is not None else 0
        return after_trial(self.figures(0.0), self._config, failure)
