"""A socket whose use must end by a moment, however little it waits in between: `http.client` speaks through it."""

import io
import socket
from typing import TYPE_CHECKING

from storekeeper.kernel.clock import Clock

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class TimedSocket:
    """What `http.client` needs of a socket. `until` is the moment, by the monotonic clock; it may be moved."""

    def __init__(self, inner: socket.socket, clock: Clock, until: float) -> None:
        self._inner, self._clock, self.until = inner, clock, until

    def allow(self) -> float:
        """Let the next step take what is left, which is returned. Raises TimeoutError."""
        left = self.until - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError
        self._inner.settimeout(left)
        return left

    def sendall(self, data: "ReadableBuffer") -> None:
        self.allow()
        self._inner.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self))

    def receive(self, into: "WriteableBuffer") -> int:
        self.allow()
        return self._inner.recv_into(into)

    def close(self) -> None:
        """Not yet: `http.client` closes before it reads an answer that is the last one."""

    def end(self) -> None:
        self._inner.close()


class _Incoming(io.RawIOBase):
    def __init__(self, owner: TimedSocket) -> None:
        self._owner = owner

    def readable(self) -> bool:
        return True

    def readinto(self, into: "WriteableBuffer") -> int:
        return self._owner.receive(into)
