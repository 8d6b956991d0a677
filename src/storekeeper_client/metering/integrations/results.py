"""What obstore gives back and the program reads later: a body, a listing."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

from ..failures import outcome
from .issued import Issued
from .payloads import rows
from .streams import Count, counted_async_iterator, counted_iterator

_PAGE = 1000  # objects that one ListObjectsV2 or DeleteObjects can name


def pages(objects: int) -> int:
    """Requests that so many objects take; there is always one."""
    return max(1, -(-objects // _PAGE))


class Got:
    """Stands for a `GetResult`: recorded as one GetObject when the body is done."""

    def __init__(self, issued: Issued, result: Any) -> None:
        self._result = result
        first, end = result.range
        size, latency = result.meta["size"], issued.latency()

        def done(received: int, error: str) -> None:
            issued.record(received=received, size=size, latency=latency, error=error)

        self._count = Count(end - first, done)
        self._count.add(0)  # an empty body is done already

    def __getattr__(self, name: str) -> Any:
        return getattr(self._result, name)

    def bytes(self) -> Any:
        return self._took(self._result.bytes())

    async def bytes_async(self) -> Any:
        return self._took(await self._result.bytes_async())

    def buffer(self) -> Any:
        return self._took(self._result.buffer())

    async def buffer_async(self) -> Any:
        return self._took(await self._result.buffer_async())

    def stream(self, *args: Any, **kwargs: Any) -> "Chunks":
        return Chunks(self._result.stream(*args, **kwargs), self._count)

    def __iter__(self) -> Iterator[Any]:
        return counted_iterator(iter(self._result), self._count)

    def __aiter__(self) -> AsyncIterator[Any]:
        return counted_async_iterator(aiter(self._result), self._count)

    def _took(self, data: Any) -> Any:
        self._count.took(memoryview(data).nbytes, None)
        return data
