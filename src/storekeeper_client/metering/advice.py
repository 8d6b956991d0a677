"""What the server advises where the program has said nothing: rates, sizes of batches, how often they go."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from storekeeper.kernel.clock import Clock

from .verdict import Answer

EVERY = 600.0  # seconds between two questions
DEFAULTS: Mapping[str, float] = {
    "batch_size": 50,
    "flush_interval": 30.0,
    "success_rate": 1.0,
    "error_rate": 1.0,
}
_LOWEST_RATE = 1e-6  # the server takes no weight above a million
_T = TypeVar("_T")


def advised(answer: Answer) -> Mapping[str, float] | None:
    """Those of DEFAULTS for which the server says something that makes sense; None of a server that advises nothing.

    Raises msgspec.MsgspecError for what is no JSON object.
    """
    if answer.status != 200:
        return None
    told = msgspec.json.decode(answer.body, type=dict[str, Any])
    found = {
        "batch_size": _between(told.get("batchSize"), 1, 10_000),
        "flush_interval": _between(told.get("flushIntervalSeconds"), 1, 3600),
        "success_rate": _rate(told.get("successSamplingRate")),
        "error_rate": _rate(told.get("errorSamplingRate")),
    }
    return {name: value for name, value in found.items() if value is not None}


class Counsel(Generic[_T]):
    """Asks now and then, from one thread. Whatever goes wrong, what was advised before stays."""

    def __init__(
        self, ask: Callable[[], Answer], make: Callable[[Mapping[str, float]], _T], clock: Clock
    ) -> None:
        self._ask, self._make, self._clock = ask, make, clock
        self._due = clock.monotonic()

    @property
    def wait(self) -> float:
        """Seconds until it is time to ask."""
        return max(self._due - self._clock.monotonic(), 0.0)

    def seek(self) -> _T | None:
        """What is made of the advice, if it was time and there is some."""
        if self.wait > 0:
            return None
        self._due = self._clock.monotonic() + EVERY
        try:
            advice = advised(self._ask())
            return self._make(advice) if advice is not None else None
        except Exception:  # noqa: BLE001 - a server that is away, or is none of ours, is asked again in time
            return None


def _rate(value: object) -> float | None:
    return 0.0 if value == 0 and not isinstance(value, bool) else _between(value, _LOWEST_RATE, 1)


def _between(value: object, low: float, high: float) -> float | None:
    """What is no positive number is not said."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    return min(max(value, low), high)
