"""The breaker of one bucket, by the wall clock and with a memory of who did what."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from storekeeper.health.model import (
    SYSTEM,
    BreakerAction,
    BreakerOrder,
    BreakerTransition,
    BreakerView,
)
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id
from storekeeper_client.breaker import (
    BreakerConfig,
    BreakerOpenError,
    CircuitBreaker,
    Mode,
    Permit,
    State,
    Transition,
)
from storekeeper_client.breaker.verdict import Verdict

_MODES = {
    BreakerAction.FORCE_OPEN: Mode.FORCED_OPEN,
    BreakerAction.DISABLE: Mode.DISABLED,
    BreakerAction.METRICS_ONLY: Mode.METRICS_ONLY,
    BreakerAction.AUTOMATIC: Mode.AUTOMATIC,
}


class BucketBreaker:
    """Fed by rounds. Safe to share between threads. `told` hears of every transition, in order."""

    def __init__(
        self,
        bucket: str,
        config: BreakerConfig,
        clock: Clock,
        *,
        stored: BreakerView | None,
        told: Callable[[BreakerTransition], None],
    ) -> None:
        self._clock, self._told, self._lock = clock, told, threading.RLock()
        self._core = CircuitBreaker(bucket, config, clock=clock.monotonic)
        self._core.on_transition(self._note)
        self._actor = SYSTEM
        self.restore(stored or _new(bucket, clock.now()))

    def begin(self) -> Permit | None:
        """A permit for a round's vote; None while it is open, when rounds go on and have no vote."""
        with self._lock:
            try:
                return self._core.acquire()
            except BreakerOpenError:
                return None

    def end(self, permit: Permit | None, verdict: Verdict, duration: float) -> None:
        """The round's vote; `duration` is that of its slowest operation, in seconds."""
        with self._lock:
            if permit is not None:
                permit.end(verdict, duration)

    def abandon(self, permit: Permit | None) -> None:
        """The round did not come to an end."""
        if permit is not None:
            permit.cancel()

    def act(self, order: BreakerOrder, actor: str) -> None:
        reason = order.reason or f"{order.action} by {actor}"
        with self._lock:
            self._actor = actor
            try:
                if order.action in _MODES:
                    self._core.set_mode(_MODES[order.action], reason, order.seconds)
                elif order.action is BreakerAction.OPEN:
                    self._core.open(reason, order.seconds)
                else:
                    self._core.reset(reason)
                self._automatic = order.automatic and self._core.snapshot().mode is Mode.FORCED_OPEN
            finally:
                self._actor = SYSTEM

    def configure(self, config: BreakerConfig) -> None:
        with self._lock:
            self._core.configure(config)

    def restore(self, view: BreakerView) -> None:
        """Go on from there, without a transition."""
        with self._lock:
            self._changed_at, self._by, self._automatic = view.changed_at, view.actor, view.automatic
            until = None
            if view.until is not None:
                left = (view.until - self._clock.now()).total_seconds()
                until = self._clock.monotonic() + left
            self._core.restore(view.state, view.epoch, until, view.k, mode=view.mode, reason=view.reason)

    def view(self) -> BreakerView:
        with self._lock:
            taken = self._core.snapshot()
            return BreakerView(
                bucket=taken.bucket,
                state=taken.state,
                mode=taken.mode,
                epoch=taken.epoch,
                until=self._wall(taken.until),
                k=taken.k,
                reason=taken.reason,
                changed_at=self._changed_at,
                actor=self._by,
                automatic=self._automatic,
                figures=taken.figures,
            )

    def _note(self, transition: Transition) -> None:
        now = self._clock.now()
        self._changed_at, self._by = now, self._actor
        if transition.mode is not Mode.FORCED_OPEN:
            self._automatic = False
        self._told(
            BreakerTransition(
                id=new_id(now),
                at=now,
                bucket=transition.bucket,
                before=transition.before,
                after=transition.after,
                mode=transition.mode,
                epoch=transition.epoch,
                until=self._wall(transition.until),
                reason=transition.reason,
                actor=self._actor,
                figures=transition.figures,
            )
        )

    def _wall(self, moment: float | None) -> datetime | None:
        if moment is None:
            return None
        return self._clock.now() + timedelta(seconds=moment - self._clock.monotonic())


def _new(bucket: str, now: datetime) -> BreakerView:
    """Its first epoch is later than any of an earlier bucket of that name, so that clients take it for news."""
    return BreakerView(
        bucket=bucket,
        state=State.CLOSED,
        mode=Mode.AUTOMATIC,
        epoch=int(now.timestamp()),
        until=None,
        k=0,
        reason="nothing has happened yet",
        changed_at=now,
        actor=SYSTEM,
    )
