"""The endpoint behind the proxy, over a connection that is kept."""

import http.client
import select
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import SplitResult

_PATIENCE = 60.0  # seconds
_AT_ONCE = 1 << 18  # bytes; what is larger is passed on in pieces of this size
_ASKED_BY_HOP = {"connection", "keep-alive", "expect"}
_ANSWERED_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}

Headers = list[tuple[str, str]]


class Answer(NamedTuple):
    """`rest` is what of the body was not read yet."""

    status: int
    headers: Headers
    body: bytes
    rest: http.client.HTTPResponse | None = None

    @property
    def size(self) -> int:
        return len(self.body) + (self.rest.length or 0 if self.rest else 0)

    def whole(self) -> "Answer":
        return self._replace(body=b"".join(self.pieces()), rest=None)

    def pieces(self) -> Iterator[bytes]:
        yield self.body
        while self.rest and (piece := self.rest.read(_AT_ONCE)):
            yield piece


class Upstream:
    """One connection, for requests one after the other: an answer is read to its end before the next is asked for."""

    def __init__(self, endpoint: SplitResult) -> None:
        self._connection = http.client.HTTPConnection(
            endpoint.hostname or "", endpoint.port, timeout=_PATIENCE
        )

    def ask(self, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes) -> Answer:
        """Raises OSError or http.client.HTTPException when there is no answer."""
        if self._was_hung_up():
            self._connection.close()  # and the next request opens it again
        self._connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            if name.lower() not in _ASKED_BY_HOP:
                self._connection.putheader(name, value)
        self._connection.endheaders(body)
        return _answer(self._connection.getresponse(), method)

    def close(self) -> None:
        self._connection.close()

    def _was_hung_up(self) -> bool:
        """An idle connection that has something to read was ended; to ask and then ask again might do it twice."""
        if self._connection.sock is None:
            return False
        poll = select.poll()  # and not `select`, which knows no file beyond the thousandth
        poll.register(self._connection.sock, select.POLLIN)
        return bool(poll.poll(0))


def _answer(response: http.client.HTTPResponse, method: str) -> Answer:
    headers = response.getheaders()
    kept = [(name, value) for name, value in headers if name.lower() not in _ANSWERED_BY_HOP]
    if method == "HEAD":
        kept.append(("Content-Length", response.headers.get("Content-Length", "0")))
    if response.length is None:  # in chunks, and how many is not known
        return Answer(response.status, kept, response.read())
    body = response.read(_AT_ONCE)
    return Answer(response.status, kept, body, response if response.length else None)
