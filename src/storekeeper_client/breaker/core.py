"""The machine: phases follow each other under one lock, which is never held while a call or a listener runs."""

import threading
from collections.abc import Callable

import msgspec

from .errors import BreakerOpenError
from .listeners import Announcements, Listener
from .model import BreakerConfig, Figures, Mode, Outcome, Snapshot, State, Transition
from .phases import Closed, End, HalfOpen, Open, Phase, Recording
from .rules import Move, wait
from .throttle import Throttle
from .verdict import Classify


class Core:
    """State, permits and transitions of one bucket's breaker.

    `lane` is the present phase while calls may begin and end well without the lock, else None. Reading it is one
    uninterrupted step, so a call that found it there began before whatever transition another thread makes next.
    """

    def __init__(
        self,
        bucket: str,
        config: BreakerConfig,
        *,
        clock: Callable[[], float],
        random: Callable[[], float],
        classify: Classify,
    ) -> None:
        self.bucket, self.config, self.clock, self.classify = bucket, config, clock, classify
        self.slow = config.slow_call_threshold
        self._random, self._lock, self._news = random, threading.Lock(), Announcements()
        self._throttle = Throttle(config, random)
        self._throttled = self._ignored = self._refused = self._late = 0
        self._k, self._told = 0, False
        self.lane: Recording | None = None
        self._enter(Closed(0, "nothing has happened yet", config, clock()))

    @property
    def state(self) -> State:
        """The state at this moment: an open breaker whose time has come is half-open."""
        return self.snapshot().state

    def snapshot(self) -> Snapshot:
        """The breaker at this moment."""
        with self._lock:
            now = self.clock()
            self._advance(now)
            phase = self._phase
            taken = Snapshot(
                bucket=self.bucket,
                state=phase.state,
                mode=phase.mode,
                epoch=phase.epoch,
                until=phase.until,
                k=self._k,
                reason=phase.reason,
                retry_after=max(phase.left(now), self._pause(now)),
                figures=self._figures(now),
            )
        self._news.tell()
        return taken

    def on_transition(self, listener: Listener) -> None:
        """Call it with each transition from now on, in order, in the thread that caused or noticed it."""
        self._news.add(listener)

    def admit(self, lease: object) -> Phase:
        """The phase in which the call begins. Raises BreakerOpenError."""
        with self._lock:
            now = self.clock()
            self._advance(now)
            phase, reason = self._phase, self._phase.reason
            left: float | None = self._pause(now)
            if left:
                reason = "the storage asked for fewer requests"
            else:
                left = phase.admit(lease, now)
            self._choose_lane(now)
            self._refused += left is not None
        self._news.tell()
        if left is not None:
            raise BreakerOpenError(self.bucket, left, reason)
        return phase

    def settle(self, phase: Phase, lease: object, end: End) -> None:
        """Take note of how a call ended that began in that phase. If it is over, the result has no vote."""
        with self._lock:
            now = self.clock()
            self._advance(now)
            if phase.mode is not Mode.DISABLED:
                self._throttled += end.outcome is Outcome.THROTTLED
                self._ignored += end.outcome is Outcome.CALLER
                if phase is not self._phase or not phase.owns(lease):
                    self._late += end.outcome is not Outcome.UNKNOWN
                else:
                    if end.outcome is Outcome.THROTTLED and phase.mode is Mode.AUTOMATIC:
                        self._throttle.note(now, end.retry_after)
                        self._choose_lane(now)
                    self._make(phase.settle(lease, end, now), now)
        self._news.tell()

    def _advance(self, now: float) -> None:
        """Do what is due by mere time."""
        self._make(self._phase.advance(now), now)

    def _make(self, move: Move | None, now: float, seconds: float | None = None) -> None:
        """Go to another state, for `seconds` if it is open and they are given."""
        if move is None:
            return
        before = self._phase
        if move.to is State.OPEN:
            self._k = self._k + 1 if before.state is State.HALF_OPEN else 0
            until = now + (self._wait() if seconds is None else seconds)
            figures = msgspec.structs.replace(before.figures(now), trials=0)
            phase: Phase = Open(before.epoch + 1, move.reason, until, figures)
        else:
            phase = self._in_state(move.to, before.epoch + 1, move.reason, now)
            self._k = 0 if move.to is State.CLOSED else self._k
        self._change(phase, now)

    def _in_state(self, state: State, epoch: int, reason: str, now: float) -> Phase:
        if state is State.HALF_OPEN:
            return HalfOpen(epoch, reason, self.config)
        return Closed(epoch, reason, self.config, now)

    def _change(self, phase: Phase, now: float) -> None:
        """Enter the phase and announce it."""
        before, figures = self._phase, self._figures(now)
        self._told = False
        self._enter(phase)
        self._choose_lane(now)
        self._news.put(
            Transition(
                bucket=self.bucket,
                before=before.state,
                after=phase.state,
                mode=phase.mode,
                at=now,
                epoch=phase.epoch,
                until=phase.until,
                reason=phase.reason,
                figures=figures,
            )
        )

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self.lane = phase if isinstance(phase, Recording) else None

    def _choose_lane(self, now: float) -> None:
        phase = self._phase
        self.lane = phase if isinstance(phase, Recording) and not self._pause(now) else None

    def _pause(self, now: float) -> float:
        """Seconds until the storage may be asked again after it throttled."""
        if self._phase.mode is not Mode.AUTOMATIC:
            return 0.0
        return max(self._throttle.until - now, 0.0)

    def _wait(self) -> float:
        return wait(self.config.recovery_timeout, self._k, self.config, self._random())

    def _figures(self, now: float) -> Figures:
        return msgspec.structs.replace(
            self._phase.figures(now),
            throttled=self._throttled,
            ignored=self._ignored,
            refused=self._refused,
            late=self._late,
        )
