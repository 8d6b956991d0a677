"""Answers that take long to work out, kept for as long as what they are made of stays the same."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

MOST = 24  # answers
T = TypeVar("T")


class Kept(Generic[T]):
    """By what was asked, the newest last. Who asks while that very answer is worked out waits for it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()  # never held while something is worked out
        self._answers: dict[Hashable, tuple[Hashable, Future[T]]] = {}

    def get(self, asked: Hashable, made_of: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns, or returned before. Raises what it raises, which is not kept."""
        with self._lock:
            known = self._answers.pop(asked, None)
            is_new = known is None or known[0] != made_of
            answer: Future[T] = Future() if known is None or is_new else known[1]
            self._answers[asked] = made_of, answer
            while len(self._answers) > self._most:
                del self._answers[next(iter(self._answers))]
        if is_new:
            self._work_out(asked, answer, make)
        return answer.result()

    def _work_out(self, asked: Hashable, answer: "Future[T]", make: Callable[[], T]) -> None:
        try:
            answer.set_result(make())
        except BaseException as error:
            with self._lock:
                if (known := self._answers.get(asked)) and known[1] is answer:
                    del self._answers[asked]
            answer.set_exception(error)
            raise
