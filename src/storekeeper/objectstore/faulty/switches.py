"""Faults by name, each for a share of the requests and for a time."""

from collections.abc import Mapping
from enum import StrEnum
from random import Random
from threading import Lock
from typing import Any

import msgspec

from storekeeper.kernel.clock import Clock

from .faults import Faults


class Switch(StrEnum):
    """What can be switched on."""

    SLOW = "slow"
    ERRORS = "500s"
    REFUSE = "refuse"
    CUT = "cut"
    WRONG_BYTES = "wrong-bytes"
    CLOCK_SKEW = "clock-skew"
    THROTTLE = "throttle"


class SwitchedOn(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A switch that is on. `requests` got its fault so far; without seconds it stays on."""

    switch: Switch
    share: float
    seconds_left: float | None
    requests: int


class _Setting(msgspec.Struct, kw_only=True):
    share: float
    until: float | None
    requests: int = 0


# Of two that are on and answer for the endpoint, the later one here does.
_FAULTS: Mapping[Switch, Mapping[str, Any]] = {
    Switch.SLOW: {"delay": 3.0},
    Switch.CUT: {"cut_after": 10},
    Switch.WRONG_BYTES: {"wrong_bytes": True},
    Switch.THROTTLE: {"errors": 1, "error_status": 503, "error_code": "SlowDown", "retry_after": "5"},
    Switch.CLOCK_SKEW: {
        "errors": 1,
        "error_status": 403,
        "error_code": "RequestTimeTooSkewed",
        "date_shift": 1200.0,
    },
    Switch.ERRORS: {"errors": 1, "error_status": 500, "error_code": "InternalError"},
    Switch.REFUSE: {"refuse": True},
}


class Switchboard:
    """Chooses the faults of each request of a FaultyProxy. Safe to share between threads."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._lock = Lock()
        self._on: dict[Switch, _Setting] = {}

    def turn_on(self, switch: Switch, *, share: float = 1.0, seconds: float | None = None) -> None:
        """Anew where it is on already. Raises ValueError for a share not in (0, 1] or no time at all."""
        if not 0 < share <= 1:
            raise ValueError("a share is above 0 and at most 1")
        if seconds is not None and not 0 < seconds < float("inf"):
            raise ValueError("the time is a number of seconds above 0")
        until = None if seconds is None else self._clock.monotonic() + seconds
        with self._lock:
            self._on[switch] = _Setting(share=share, until=until)

    def turn_off(self, switch: Switch | None = None) -> None:
        """That one, or all."""
        with self._lock:
            for each in [switch] if switch else list(Switch):
                self._on.pop(each, None)

    def state(self) -> list[SwitchedOn]:
        with self._lock:
            now = self._forget_what_is_over()
            return [
                SwitchedOn(
                    switch=switch,
                    share=setting.share,
                    seconds_left=None if setting.until is None else setting.until - now,
                    requests=setting.requests,
                )
                for switch, setting in self._on.items()
            ]

    def choose(self, _method: str, target: str) -> Faults:
        """What happens to a request."""
        if not self._on:
            return Faults()
        with self._lock:
            self._forget_what_is_over()
            drawn = {switch for switch in self._on if self._concerns(switch, target)}
            for switch in drawn:
                self._on[switch].requests += 1
        chosen: dict[str, Any] = {}
        for switch, faults in _FAULTS.items():
            chosen |= faults if switch in drawn else {}
        return Faults(**chosen)

    def _concerns(self, switch: Switch, target: str) -> bool:
        if switch is Switch.WRONG_BYTES and "?" in target:  # of objects, not of listings
            return False
        return self._random.random() < self._on[switch].share

    def _forget_what_is_over(self) -> float:
        now = self._clock.monotonic()
        self._on = {
            switch: setting
            for switch, setting in self._on.items()
            if setting.until is None or now < setting.until
        }
        return now
