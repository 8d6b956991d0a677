"""The body of a request as a file that is read in a thread while it comes in: as much as was read waits in memory, no more."""

import io
from collections.abc import AsyncIterator
from typing import Any

import anyio.from_thread
from litestar.exceptions import HTTPException

from storekeeper.metering.model import BodyError


class Incoming(io.RawIOBase):
    """To be read in a worker thread of the event loop that the request belongs to."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = anyio.from_thread.run(self._next)
            if chunk is None:
                return 0
            self._rest = chunk
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    async def _next(self) -> bytes | None:
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            return None
        except HTTPException as error:  # Litestar takes a caller who is gone for a fault of ours
            raise BodyError(f"The file broke off: {error.detail}") from None
