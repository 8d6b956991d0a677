"""Bodies that the program reads at its own pace: counted as they are read, reported once when they are done.

A body is done when its last byte was read, or reading failed, or it was closed, or nobody holds it any more.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from math import inf
from typing import Any

import msgspec


class Count(ABC):
    """The bytes of one body; calls its `done(bytes, error)` once. Add 0 to begin: an empty body is done already."""

    __slots__ = ("_expected", "_open", "_seen")

    def __init__(self, expected: int | None) -> None:
        self._seen, self._expected, self._open = 0, inf if expected is None else expected, True

    @abstractmethod
    def done(self, size: int, error: str) -> None:
        """Take note of so many bytes and of what went wrong, if anything did."""

    def add(self, size: int) -> None:
        self._seen += size
        if self._seen >= self._expected:
            self.finish()

    def took(self, size: int, asked: int | None) -> None:
        """A read of `asked` bytes (None: all) gave that many; nothing means the end."""
        self._seen += size
        if self._open and (
            self._seen >= self._expected or asked is None or asked < 0 or (size == 0 and asked > 0)
        ):
            self._open = False  # as `finish` does it
            self.done(self._seen, "")

    def finish(self, error: str = "") -> None:
        if self._open:
            self._open = False
            self.done(self._seen, error)

    def fail(self, error: BaseException) -> None:
        self.finish(type(error).__name__)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """What is raised within is the end of the body; running out of chunks is its good end."""
        try:
            yield
        except (StopIteration, StopAsyncIteration):
            self.finish()
            raise
        except Exception as error:
            self.fail(error)
            raise

    def __del__(self) -> None:
        if self._open:
            self.finish()


class Counted(msgspec.Struct, eq=False):
    """Stands for a stream: what is not counted here is the stream's own. A struct, which takes little time to make."""

    _stream: Any
    _count: Count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Iterator[Any]:
        return counted_iterator(self._stream, self._count)

    def close(self) -> Any:
        self._count.finish()
        return self._stream.close()


class CountedSync(Counted):
    """A response of urllib3, as botocore keeps it in a body."""

    def read(self, amt: int | None = None, *args: Any, **kwargs: Any) -> Any:
        try:
            plain = not args and not kwargs  # as botocore does it
            data = self._stream.read(amt) if plain else self._stream.read(amt, *args, **kwargs)
        except Exception as error:
            self._count.fail(error)
            raise
        self._count.took(len(data), amt)
        return data

    def readinto(self, buffer: Any) -> int:
        try:
            size: int = self._stream.readinto(buffer)
        except Exception as error:
            self._count.fail(error)
            raise
        self._count.took(size, len(buffer))
        return size

    def readline(self, *args: Any) -> Any:
        line = self._stream.readline(*args)
        self._count.took(len(line), 1)
        return line

    def readlines(self, *args: Any) -> Any:
        lines = self._stream.readlines(*args)
        self._count.add(sum(map(len, lines)))
        return lines

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        return counted_iterator(self._stream.stream(*args, **kwargs), self._count)


class CountedAiohttp(Counted):
    """A response of aiohttp: its bytes come from `content`."""

    @property
    def content(self) -> "CountedContent":
        return CountedContent(self._stream.content, self._count)


class CountedContent(Counted):
    """The stream in a response of aiohttp."""

    async def read(self, amt: int = -1) -> Any:
        try:
            data = await self._stream.read(amt)
        except Exception as error:
            self._count.fail(error)
            raise
        self._count.took(len(data), amt)
        return data


class CountedHttpx(Counted):
    """A response of httpx: its bytes come from `aiter_raw()`."""

    def aiter_raw(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        return counted_async_iterator(self._stream.aiter_raw(*args, **kwargs), self._count)

    async def aclose(self) -> None:
        self._count.finish()
        await self._stream.aclose()


_wrappers: dict[type, type[Counted]] = {}  # by the stream's class; there are few


def count_body(stream: Any, count: Count) -> Counted:
    """The stream of a body of botocore or aiobotocore, counted."""
    kind = type(stream)
    wrapper = _wrappers.get(kind)
    if wrapper is None:
        wrapper = _wrappers[kind] = _wrapper(stream)
    return wrapper(stream, count)


def _wrapper(stream: Any) -> type[Counted]:
    if hasattr(stream, "aiter_raw"):
        return CountedHttpx
    return CountedAiohttp if hasattr(stream, "content") else CountedSync


def counted_iterator(chunks: Any, count: Count) -> Iterator[Any]:
    """The chunks, each counted by its length in bytes."""
    try:
        for chunk in chunks:
            count.add(len(chunk))
            yield chunk
    except Exception as error:
        count.fail(error)
        raise
    finally:
        count.finish()


async def counted_async_iterator(chunks: Any, count: Count) -> AsyncIterator[Any]:
    """The same, where the chunks come asynchronously."""
    try:
        async for chunk in chunks:
            count.add(len(chunk))
            yield chunk
    except Exception as error:
        count.fail(error)
        raise
    finally:
        count.finish()
