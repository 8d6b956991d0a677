"""What several parts of one read look up is looked up once: within it, they see the same."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

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
