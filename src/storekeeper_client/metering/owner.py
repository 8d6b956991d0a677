"""Whose objects an operation touches: named by the program for a while, or found in the key."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_PLACEHOLDER = "{owner}"
_current: ContextVar[str] = ContextVar("storekeeper_owner", default="")

current_owner = _current.get


@contextmanager
def owner(name: str) -> Iterator[None]:
    """Operations that begin within the block belong to this owner; tasks and transfers started there inherit it."""
    token = _current.set(name)
    try:
        yield
    finally:
        _current.reset(token)


def owner_finder(pattern: str) -> Callable[[str], str]:
    """A function from a key to its owner, or to an empty string.

    `users/{owner}/` means keys that begin so, the owner being the text up to the next slash; `*` stands for one
    path segment. It is the language of a bucket's owner pattern on the server. Raises ValueError.
    """
    if not pattern:
        return lambda _key: ""
    if pattern.count(_PLACEHOLDER) != 1:
        raise ValueError(f"the owner pattern {pattern!r} needs {_PLACEHOLDER} exactly once")
    before, after = pattern.split(_PLACEHOLDER)
    expression = re.compile(_segments(before) + "([^/]+)" + _segments(after))

    def find(key: str) -> str:
        match = expression.match(key)
        return match[1] if match else ""

    return find


def _segments(literal: str) -> str:
    return "[^/]*".join(re.escape(part) for part in literal.split("*"))
