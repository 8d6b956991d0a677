"""What several parts of one read look up is looked up once: within it, they see the same. And work that either of two threads does once."""

from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_found: ContextVar[dict[Hashable, Any] | None] = ContextVar("found", default=None)


@contextmanager
def one_read() -> Iterator[None]:
    """For as long as it is open, `once` remembers. Nothing that is remembered may be written meanwhile: it is for requests that read."""
    token = _found.set({})
    try:
        yield
    finally:
        _found.reset(token)


def once(what: Hashable, look: Callable[[], T]) -> T:
    """What `look` returns, or has returned before in the same read. Outside of one it is called each time."""
    found = _found.get()
    if found is None:
        return look()
    if what not in found:
        found[what] = look()
    value: T = found[what]
    return value


def found_already(what: Hashable) -> Any:
    """What `once` has found in the same read, or None."""
    found = _found.get()
    return found.get(what) if found else None


class Either(Generic[T]):
    """Work that is done once, by whichever of two threads is free first."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work, self._taken, self._done = work, Lock(), Future[T]()

    def take(self) -> None:
        """Do it, unless another thread has begun to."""
        if self._taken.acquire(blocking=False):
            try:
                self._done.set_result(self._work())
            except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
                self._done.set_exception(error)

    def result(self) -> T:
        """What it returned, or raised, in whichever thread; do it where none has begun to."""
        self.take()
        return self._done.result()
