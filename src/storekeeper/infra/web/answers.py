"""How this server itself answers: counts of the last minutes, in memory."""

import threading
from collections import deque

import msgspec

from storekeeper.kernel.clock import Clock

WINDOW = 300.0  # seconds that are looked back upon
_STEP = 10.0  # seconds that are counted together


class AnswerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """`response_ms` is the mean time until an answer began, `error_rate` the share of those with a status of 5xx."""

    answered: int = 0
    response_ms: float = 0.0
    error_rate: float = 0.0


class _Step:
    def __init__(self, number: int) -> None:
        self.number, self.answered, self.failed, self.seconds = number, 0, 0, 0.0


class Answers:
    """Safe to share between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._steps: deque[_Step] = deque(maxlen=int(WINDOW / _STEP))

    def note(self, status: int, seconds: float) -> None:
        """One more answer, which began so long after it was asked for."""
        number = self._number()
        with self._lock:
            if not self._steps or self._steps[-1].number != number:
                self._steps.append(_Step(number))
            step = self._steps[-1]
            step.answered += 1
            step.failed += status >= 500
            step.seconds += seconds

    def figures(self) -> AnswerFigures:
        """Of the last five minutes; all zero where nobody asked."""
        first = self._number() - int(WINDOW / _STEP) + 1
        with self._lock:
            lately = [step for step in self._steps if step.number >= first]
            answered = sum(step.answered for step in lately)
            failed, seconds = sum(step.failed for step in lately), sum(step.seconds for step in lately)
        if not answered:
            return AnswerFigures()
        return AnswerFigures(
            answered=answered,
            response_ms=round(seconds / answered * 1000, 2),
            error_rate=round(failed / answered, 4),
        )

    def _number(self) -> int:
        return int(self._clock.monotonic() // _STEP)
