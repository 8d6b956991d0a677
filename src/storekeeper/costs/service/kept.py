"""Answers that take seconds to work out, kept for as long as what they are made of stays the same."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

MOST = 24  # answers
T = TypeVar("T")


class Kept(Generic[T]):
    """By what was asked, the newest last. Who asks while an answer is worked out waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[Hashable, tuple[Hashable, T]] = {}

    def get(self, asked: Hashable, made_of: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            known = self._answers.pop(asked, None)
            answer = known[1] if known and known[0] == made_of else make()
            self._answers[asked] = made_of, answer
            while len(self._answers) > MOST:
                del self._answers[next(iter(self._answers))]
            return answer
