"""What reaches a breaker from outside: hands, a saved state, a server."""

from .core import Core
from .model import BreakerConfig, Figures, Mode, State
from .phases import Disabled, ForcedOpen, MetricsOnly, Open, Phase
from .rules import Move
from .shared import Order, Standing, Word, heard
from .throttle import Throttle

_SAID = "Storekeeper says so"


class Governed(Core):
    """A breaker that can be told what to do."""

    _heard = -1  # the newest epoch of the server

    def open(self, reason: str = "opened by hand", seconds: float | None = None) -> None:
        """Open, for so many seconds or as long as the first time; it then finds back by itself."""
        with self._lock:
            self._told, now = False, self.clock()
            self._make(Move(State.OPEN, reason), now, seconds)
        self._news.tell()

    def reset(self, reason: str = "reset by hand") -> None:
        """Close, decide by itself again, and forget the calls so far."""
        with self._lock:
            self._told, self._throttle = False, Throttle(self.config, self._random)
            self._make(Move(State.CLOSED, reason), self.clock())
        self._news.tell()

    def set_mode(self, mode: Mode, reason: str = "set by hand", seconds: float | None = None) -> None:
        """Do as the mode says; `seconds` limits forced-open, after which trial calls decide."""
        with self._lock:
            self._told = False
            self._take_mode(Mode(mode), reason, self.clock(), seconds)
        self._news.tell()

    def configure(self, config: BreakerConfig) -> None:
        """Go on by these settings, at once where closed, else from the next state on. Results so far stay."""
        with self._lock:
            now = self.clock()
            self._advance(now)
            self.config, self.slow = config, config.slow_call_threshold
            self._throttle.configure(config)
            self._phase.configure(config, now)
        self._news.tell()

    def restore(
        self,
        state: State,
        epoch: int,
        until: float | None,
        k: int,
        *,
        mode: Mode = Mode.AUTOMATIC,
        reason: str = "as it was left",
    ) -> None:
        """Go on from what was saved of a snapshot, without a transition. `until` is by this breaker's clock."""
        with self._lock:
            now = self.clock()
            self._told, self._k = False, k
            if mode is not Mode.AUTOMATIC:
                self._enter(self._in_mode(mode, epoch, reason, until, now))
            elif state is State.OPEN:
                until = now + self._wait() if until is None else until
                self._enter(Open(epoch, reason, until, Figures()))
            else:
                self._enter(self._in_state(state, epoch, reason, now))

    def heed(self, word: Word) -> bool:
        """Do as the server says, unless it is old news; whether anything changed."""
        with self._lock:
            now = self.clock()
            self._advance(now)
            if word.epoch < self._heard:
                return False
            self._heard = word.epoch
            phase = self._phase
            order = heard(word, Standing(phase.state, phase.mode, phase.left(now), self._told))
            self._obey(order, word, now)
        self._news.tell()
        return order is not Order.NOTHING

    def go_alone(self) -> None:
        """The server is away: leave the mode that it had set. What it opened tries again by itself anyway."""
        with self._lock:
            now = self.clock()
            if self._told and self._phase.mode is not Mode.AUTOMATIC:
                forced = self._phase.mode is Mode.FORCED_OPEN
                self._make(Move(State.HALF_OPEN if forced else State.CLOSED, "Storekeeper is away"), now)
        self._news.tell()

    @property
    def held_open(self) -> bool:
        """Whether somebody else than its own calls keeps it open."""
        with self._lock:
            self._advance(self.clock())
            phase = self._phase
            held = phase.state is State.OPEN and (self._told or phase.mode is Mode.FORCED_OPEN)
        self._news.tell()
        return held

    def _obey(self, order: Order, word: Word, now: float) -> None:
        if order is Order.OPEN:
            self._make(Move(State.OPEN, _SAID), now, word.left)
        elif order is Order.LONGER:
            self._phase.until = now + (word.left or 0.0)
        elif order is Order.CLOSE:
            self._make(Move(State.CLOSED, _SAID), now)
        elif order is Order.MODE:
            self._take_mode(word.mode, _SAID, now, word.left)
        elif order is Order.AUTOMATIC:
            opened = word.state is State.OPEN and bool(word.left)
            self._make(Move(State.OPEN if opened else State.CLOSED, _SAID), now, word.left)
        if order is not Order.NOTHING:
            self._told = self._phase.state is State.OPEN or self._phase.mode is not Mode.AUTOMATIC

    def _take_mode(self, mode: Mode, reason: str, now: float, seconds: float | None = None) -> None:
        until = now + seconds if seconds is not None else None
        if mode is Mode.AUTOMATIC:
            self._make(Move(State.CLOSED, reason), now)
        else:
            self._change(self._in_mode(mode, self._phase.epoch + 1, reason, until, now), now)

    def _in_mode(self, mode: Mode, epoch: int, reason: str, until: float | None, now: float) -> Phase:
        if mode is Mode.FORCED_OPEN:
            return ForcedOpen(epoch, reason, until, self.config.recovery_timeout)
        if mode is Mode.METRICS_ONLY:
            return MetricsOnly(epoch, reason, self.config, now)
        return Disabled(epoch, reason)
