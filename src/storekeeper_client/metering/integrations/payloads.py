"""The sizes of what obstore is given and gives back."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from .issued import Issued


def watch(issued: Issued, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """Have the size of what is put counted: at once where it can be known, else as it passes by.

    Returns the arguments to call with, and changes `kwargs` where the payload is among them.
    """
    payload = args[1] if len(args) > 1 else kwargs.get("file")
    watched = _watched(issued, payload)
    if len(args) > 1:
        return (args[0], watched, *args[2:])
    if "file" in kwargs:
        kwargs["file"] = watched
    return args


def rows(objects: Any) -> int:
    """How many objects are in a part of a listing: a list, or a table or batch of Arrow."""
    return int(objects.num_rows) if hasattr(objects, "num_rows") else len(objects)


def _watched(issued: Issued, payload: Any) -> Any:
    size = _size(payload)
    if size is not None:
        issued.sent = lambda: size
        return payload
    passed = _Passed()
    issued.sent = passed.size
    if hasattr(payload, "__aiter__"):
        return passed.asynchronously(payload)
    return passed.along(payload) if hasattr(payload, "__iter__") else payload


def _size(payload: Any) -> int | None:
    try:
        return memoryview(payload).nbytes
    except TypeError:
        pass
    try:
        if isinstance(payload, Path):
            return payload.stat().st_size
        here = payload.tell()
        end: int = payload.seek(0, 2)
        payload.seek(here)
    except (AttributeError, OSError, TypeError, ValueError):
        return None
    return end - here


class _Passed:
    """Counts the bytes of chunks as they pass by."""

    def __init__(self) -> None:
        self._size = 0

    def size(self) -> int:
        return self._size

    def along(self, chunks: Any) -> Iterator[Any]:
        for chunk in chunks:
            self._size += memoryview(chunk).nbytes
            yield chunk

    async def asynchronously(self, chunks: Any) -> AsyncIterator[Any]:
        async for chunk in chunks:
            self._size += memoryview(chunk).nbytes
            yield chunk
