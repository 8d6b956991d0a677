"""What obstore's `put` sends: how many bytes, in how many requests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

_CHUNK = 5 << 20  # obstore's default


class Upload:
    """One `put`. `payload` is to be put in place of what was given; it counts the bytes that can only be seen passing.

    obstore sends parts when the payload is larger than `chunk_size`, or of unknown size, or `use_multipart` says so; in
    modes other than overwriting it never does.
    """

    def __init__(self, payload: Any, options: dict[str, Any]) -> None:
        size = _size(payload)
        self.size = size or 0
        self._chunk = options.get("chunk_size", _CHUNK)
        wanted = options.get("use_multipart")
        self._in_parts = size is None or size > self._chunk if wanted is None else bool(wanted)
        if options.get("mode") not in (None, "overwrite"):
            self._in_parts = False
        self.payload = payload if size is not None else self._watched(payload)

    def parts(self) -> list[int]:
        """The bytes of each part; nothing when it is a single request."""
        if not self._in_parts:
            return []
        whole, rest = divmod(self.size, self._chunk)
        return [self._chunk] * whole + ([rest] if rest or not whole else [])

    def _watched(self, payload: Any) -> Any:
        if hasattr(payload, "__aiter__"):
            return self._asynchronously(payload)
        return self._along(payload) if hasattr(payload, "__iter__") else payload

    def _along(self, chunks: Any) -> Iterator[Any]:
        for chunk in chunks:
            self.size += memoryview(chunk).nbytes
            yield chunk

    async def _asynchronously(self, chunks: Any) -> AsyncIterator[Any]:
        async for chunk in chunks:
            self.size += memoryview(chunk).nbytes
            yield chunk


def _size(payload: Any) -> int | None:
    """Bytes, or nothing where that can not be known before it is read."""
    try:
        return memoryview(payload).nbytes
    except TypeError:
        pass
    try:
        if isinstance(payload, Path):
            return payload.stat().st_size
        here: int = payload.tell()
        end: int = payload.seek(0, 2)
        payload.seek(here)
    except (AttributeError, OSError, TypeError, ValueError):
        return None
    return end - here
