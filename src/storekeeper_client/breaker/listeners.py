"""Telling listeners of transitions: one after the other, in order, and never while a lock is held."""

import logging
import threading
from collections import deque
from collections.abc import Callable

from .model import Transition

Listener = Callable[[Transition], None]
_log = logging.getLogger("storekeeper.breaker")


class Announcements:
    """What is still to be told. Whoever finds it waiting tells it, one thread at a time."""

    __slots__ = ("_listeners", "_telling", "_waiting")

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()
        self._waiting: deque[Transition] = deque()
        self._telling = threading.Lock()

    def add(self, listener: Listener) -> None:
        self._listeners = (*self._listeners, listener)

    def put(self, transition: Transition) -> None:
        self._waiting.append(transition)

    def tell(self) -> None:
        """Does nothing while another thread (or this one, further out) is at it: that one tells these, too."""
        while self._waiting and self._telling.acquire(blocking=False):
            try:
                while self._waiting:
                    self._tell(self._waiting.popleft())
            finally:
                self._telling.release()

    def _tell(self, transition: Transition) -> None:
        for listener in self._listeners:
            try:
                listener(transition)
            except Exception:  # noqa: BLE001 - the call that is under way goes on
                _log.exception("a listener of breaker %s failed", transition.bucket)
