"""HTTP for one server: a kept connection, JSON in and out, Server-Sent Events. Knows nothing of what is said."""

import http.client
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import IO, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec

from storekeeper_client.decoding import decode

from .errors import ApiError, Problem, UnreachableError

_USER_AGENT = "storekeeper-client"
_PIECE = 1 << 16
_JSON_TYPES = ("application/json", "application/problem+json")


class Event(NamedTuple):
    """One Server-Sent Event."""

    name: str
    data: str


class Transport:
    """Not to be shared between threads: each takes its own."""

    def __init__(self, url: str, *, timeout: float) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(
                f"not the address of a server: {url!r} (write for example http://127.0.0.1:8080)"
            )
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._secure = parts.scheme == "https"
        self._host, self._port, self._base = parts.hostname, parts.port, parts.path.rstrip("/")
        self._timeout = timeout
        self._kept: http.client.HTTPConnection | None = None

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any],
        body: Any = None,
        headers: Mapping[str, str],
        also: int = 0,
        timeout: float | None = None,
    ) -> bytes:
        """The body of an answer that is successful, or has the status `also`. Raises ApiError and UnreachableError.

        A `timeout` other than the usual one is for everything but reads.
        """
        target = self._target(path, query)
        payload = msgspec.json.encode(body) if body is not None else None
        sent = {"Accept": "application/json", "User-Agent": _USER_AGENT, **headers}
        if payload is not None:
            sent["Content-Type"] = "application/json"
        with self._named_faults():
            response = self._respond(method, target, payload, sent, timeout or self._timeout)
            answer = response.read()
        if response.will_close or timeout:
            self.close()
        if response.status != also or response.headers.get_content_type() != _JSON_TYPES[0]:
            _raise_for_refusal(response, answer)
        return answer

    def upload(
        self,
        path: str,
        chunks: Iterable[bytes],
        *,
        size: int,
        query: Mapping[str, Any],
        headers: Mapping[str, str],
        timeout: float,
    ) -> bytes:
        """The same for a body of `size` bytes that is sent as it is made. Raises ApiError and UnreachableError."""
        sent = {"Accept": "application/json", "User-Agent": _USER_AGENT, "Content-Length": str(size)}
        sent |= {"Content-Type": "application/octet-stream", **headers}
        connection = self._connect(timeout)
        try:
            with self._named_faults():
                try:
                    connection.request("POST", self._target(path, query), body=chunks, headers=sent)
                except ConnectionError:
                    if connection.sock is None:
                        raise
                    # A server that refuses need not read on; what it said is there to be read.
                response = connection.getresponse()
                answer = response.read()
        finally:
            connection.close()
        _raise_for_refusal(response, answer)
        return answer

    def download(
        self, path: str, *, query: Mapping[str, Any], headers: Mapping[str, str], sink: IO[bytes]
    ) -> int:
        """Write the body of a successful answer, of whatever kind, to `sink`; how many bytes it has.

        Raises ApiError, and UnreachableError also where the body ends too early; faults of the sink are its own.
        """
        connection = self._connect(self._timeout)
        try:
            with self._named_faults():
                connection.request(
                    "GET", self._target(path, query), headers={"User-Agent": _USER_AGENT, **headers}
                )
                response = connection.getresponse()
                if response.status != HTTPStatus.OK:
                    _raise_for_refusal(response, response.read())
            written = 0
            while True:
                with self._named_faults():
                    piece = response.read(_PIECE)
                if not piece:
                    return written
                written += sink.write(piece)
        finally:
            connection.close()

    def events(self, path: str, *, headers: Mapping[str, str], quiet: float) -> Iterator[Event]:
        """Events until the server ends the stream. Silence of more than `quiet` seconds raises UnreachableError."""
        connection = self._connect(quiet)
        try:
            with self._named_faults():
                connection.request(
                    "GET", self._target(path, {}), headers={"Accept": "text/event-stream", **headers}
                )
                response = connection.getresponse()
                if response.status != HTTPStatus.OK:
                    _raise_for_refusal(response, response.read())
                yield from _parse_events(response)
        finally:
            connection.close()

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _respond(
        self, method: str, target: str, payload: bytes | None, headers: Mapping[str, str], timeout: float
    ) -> http.client.HTTPResponse:
        # A kept connection may have been closed by the server meanwhile. Only a read may be sent twice, so
        # everything else starts with a fresh one.
        if method != "GET":
            self.close()
        elif self._kept is not None:
            try:
                return _ask(self._kept, method, target, payload, headers)
            except (http.client.HTTPException, ConnectionError):
                self.close()
        if self._kept is None:
            self._kept = self._connect(timeout)
        return _ask(self._kept, method, target, payload, headers)

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        return kind(self._host, self._port, timeout=timeout)

    def _target(self, path: str, query: Mapping[str, Any]) -> str:
        given = {name: value for name, value in query.items() if value not in (None, "", [])}
        return f"{self._base}{path}?{urlencode(given, doseq=True)}" if given else f"{self._base}{path}"

    @contextmanager
    def _named_faults(self) -> Iterator[None]:
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise UnreachableError(self.url, _in_words(error)) from error


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    payload: bytes | None,
    headers: Mapping[str, str],
) -> http.client.HTTPResponse:
    connection.request(method, target, body=payload, headers=dict(headers))
    return connection.getresponse()


def _raise_for_refusal(response: http.client.HTTPResponse, body: bytes) -> None:
    media_type = response.headers.get_content_type()
    if 200 <= response.status < 300 and (not body or media_type in _JSON_TYPES):
        return
    raise ApiError(_problem(response, media_type, body))


def _problem(response: http.client.HTTPResponse, media_type: str, body: bytes) -> Problem:
    if media_type in _JSON_TYPES:
        try:
            problem = decode(body, Problem)
            return msgspec.structs.replace(problem, status=response.status)
        except msgspec.MsgspecError:
            pass
    if response.status in (301, 302, 303, 307, 308):
        place = response.headers.get("Location", "another place")
        detail, hint = f"The server sends callers on to {place}.", "Use the address that it names."
    else:
        detail = f"The answer ({response.status} {response.reason}, {media_type}) is not Storekeeper's."
        hint = "Check the address, and what stands in front of the server."
    return Problem(
        type="/problems/not-storekeeper",
        title="Strange answer",
        status=response.status,
        detail=detail,
        hint=hint,
    )


def _parse_events(lines: Iterator[bytes] | http.client.HTTPResponse) -> Iterator[Event]:
    """The stream's events (HTML Living Standard, section 9.2.6); comments keep the line open and say nothing."""
    name, data = "", list[str]()
    for raw in lines:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield Event(name or "message", "\n".join(data))
            name, data = "", []
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)


def _in_words(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no host of that name"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens at that address"
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, http.client.HTTPException):
        return f"the answer was cut off or is not HTTP ({type(error).__name__})"
    return str(error) or type(error).__name__
