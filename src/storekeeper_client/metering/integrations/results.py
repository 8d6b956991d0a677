"""What obstore gives back and the program reads later: a body, a listing."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

from .issued import Issued
from .streams import Count

_PAGE = 1000  # objects that one ListObjectsV2 or DeleteObjects can name


def pages(objects: int) -> int:
    """Requests that so many objects take; there is always one."""
    return max(1, -(-objects // _PAGE))


def rows(objects: Any) -> int:
    """How many objects are in a part of a listing: a list, or a table or batch of Arrow."""
    return int(objects.num_rows) if hasattr(objects, "num_rows") else len(objects)


class Reading(Count):
    """The body of a `GetResult` that the program reads; recorded as one GetObject when it is done."""

    __slots__ = ("_issued", "_latency", "_size")

    def __init__(self, issued: Issued, expected: int, size: int) -> None:
        self._issued, self._latency, self._size = issued, issued.latency(), size
        super().__init__(expected)

    def done(self, size: int, error: str) -> None:
        self._issued.record(received=size, size=self._size, latency=self._latency, error=error)


class Got:
    """Stands for a `GetResult`."""

    def __init__(self, issued: Issued, result: Any) -> None:
        first, end = result.range
        self._result, self._count = result, Reading(issued, end - first, result.meta["size"])
        self._count.add(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._result, name)

    def bytes(self) -> Any:
        with self._count.watched():
            return self._took(self._result.bytes())

    async def bytes_async(self) -> Any:
        with self._count.watched():
            return self._took(await self._result.bytes_async())

    def buffer(self) -> Any:
        with self._count.watched():
            return self._took(self._result.buffer())

    async def buffer_async(self) -> Any:
        with self._count.watched():
            return self._took(await self._result.buffer_async())

    def stream(self, *args: Any, **kwargs: Any) -> "Chunks":
        return Chunks(self._result.stream(*args, **kwargs), self._count)

    def __iter__(self) -> "Chunks":
        return Chunks(iter(self._result), self._count)

    def __aiter__(self) -> "Chunks":
        return Chunks(aiter(self._result), self._count)

    def _took(self, data: Any) -> Any:
        self._count.took(memoryview(data).nbytes, None)
        return data


class Chunks:
    """Stands for a `BytesStream`; counts what is taken from it."""

    def __init__(self, stream: Any, count: Count) -> None:
        self._stream, self._count = stream, count

    def __iter__(self) -> Iterator[Any]:
        return self

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    def __next__(self) -> Any:
        with self._count.watched():
            chunk = next(self._stream)
        self._count.add(len(chunk))
        return chunk

    async def __anext__(self) -> Any:
        with self._count.watched():
            chunk = await anext(self._stream)
        self._count.add(len(chunk))
        return chunk


class Listed:
    """Stands for a `ListStream`: one ListObjectsV2 for every 1,000 objects begun, with the time waited for its first."""

    def __init__(self, issued: Issued, stream: Any) -> None:
        self._issued, self._stream = issued, stream
        self._objects = self._pages = 0

    def __iter__(self) -> Self:
        return self

    def __aiter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        self._issued.restart()
        try:
            return self._took(next(self._stream))
        except StopIteration:
            self._count(0)
            raise
        except Exception as error:
            self._issued.fail(error)
            raise

    async def __anext__(self) -> Any:
        self._issued.restart()
        try:
            return self._took(await anext(self._stream))
        except StopAsyncIteration:
            self._count(0)
            raise
        except Exception as error:
            self._issued.fail(error)
            raise

    def collect(self) -> Any:
        self._issued.restart()
        try:
            return self._took(self._stream.collect())
        except Exception as error:
            self._issued.fail(error)
            raise

    async def collect_async(self) -> Any:
        self._issued.restart()
        try:
            return self._took(await self._stream.collect_async())
        except Exception as error:
            self._issued.fail(error)
            raise

    def _took(self, objects: Any) -> Any:
        self._count(rows(objects))
        return objects

    def _count(self, objects: int) -> None:
        self._objects += objects
        while self._pages < pages(self._objects):
            self._pages += 1
            self._issued.record(latency=self._issued.latency())
