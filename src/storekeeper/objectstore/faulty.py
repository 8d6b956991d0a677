"""A proxy before any S3 endpoint that misbehaves on demand, for tests and for showing what happens then.

Requests pass on as they came, the Host header included, so that their signatures stay valid.
"""

import http.client
import re
import socket
import struct
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect", "date", "server"}
_TOKEN = re.compile(rb"<NextContinuationToken>.*?</NextContinuationToken>", re.DOTALL)
_TRUNCATED = re.compile(rb"<IsTruncated>.*?</IsTruncated>")
_ENDLESS_PAGE = 1000
FOREVER = 1 << 62


@dataclass
class Faults:
    """Switches that may be set at any time; all off is a faithful proxy. Times in seconds, counts in requests."""

    only: str = ""  # apply to requests whose path and query contain this
    refuse: bool = False  # reset every connection
    delay: float = 0.0  # before the first byte of an answer
    errors: int = 0  # this many requests get the error below; FOREVER is possible
    error_status: int = 500
    error_code: str = "InternalError"
    retry_after: str = ""  # the header's value beside the error
    cut_after: int | None = None  # bytes of the body until the connection is reset
    malformed: bool = False  # half a body that claims to be all
    wrong_bytes: bool = False  # one byte of the body is changed
    listing: Literal["", "same-token", "same-page", "endless"] = ""

    def slow_down(self, requests: int, retry_after: str = "") -> None:
        """The next requests get 503 SlowDown."""
        self.error_status, self.error_code, self.retry_after = 503, "SlowDown", retry_after
        self.errors = requests

    def clock_skew(self, requests: int = FOREVER) -> None:
        """The next requests are told that clocks disagree."""
        self.error_status, self.error_code, self.retry_after = 403, "RequestTimeTooSkewed", ""
        self.errors = requests


class _Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class FaultyProxy:
    """Listens on loopback while it is open; a context manager. `requests` counts what reached it."""

    def __init__(self, upstream: str, *, port: int = 0) -> None:
        self.faults = Faults()
        self.requests = 0
        self.upstream = urlsplit(upstream)
        self.stopping = Event()
        self._lock = Lock()
        self._last_page = b""
        self._pages = 0
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.proxy = self
        self._thread = Thread(
            target=self._server.serve_forever, args=(0.05,), name="faulty-proxy", daemon=True
        )

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take_error(self) -> bool:
        """Count this request; whether it is one of those that get the error."""
        with self._lock:
            self.requests += 1
            due = self.faults.errors > 0
            self.faults.errors -= due
            return due

    def bend_listing(self, answer: _Answer, mode: str) -> _Answer:
        """The listing that `mode` describes, in place of an honest one."""
        with self._lock:
            self._pages += 1
            page = self._pages
            if mode == "endless":
                return answer._replace(status=200, body=_endless_page(page))
            if not self._last_page:
                self._last_page = answer.body
            token = b"again" if mode == "same-token" else b"again-%d" % page
            return answer._replace(status=200, body=_with_token(self._last_page, token))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    proxy: FaultyProxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what this server is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _pass_on(self) -> None:
        proxy, faults = self.server.proxy, self.server.proxy.faults
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        concerned = faults.only in self.path
        failing = concerned and proxy.take_error()
        if concerned and faults.refuse:
            self._reset()
            return
        if concerned and faults.delay:
            proxy.stopping.wait(faults.delay)
        answer = self._error(faults) if failing else self._ask_upstream(body)
        if concerned and faults.listing and "list-type=2" in self.path and not failing:
            answer = proxy.bend_listing(answer, faults.listing)
        self._answer(answer, faults if concerned else Faults())

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _pass_on  # noqa: N815 - http.server's names

    def _error(self, faults: Faults) -> _Answer:
        body = f"<Error><Code>{faults.error_code}</Code><Message>injected fault</Message></Error>"
        headers = [("Retry-After", faults.retry_after)] if faults.retry_after else []
        return _Answer(faults.error_status, headers, body.encode())

    def _ask_upstream(self, body: bytes) -> _Answer:
        upstream = self.server.proxy.upstream
        connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in {"connection", "keep-alive", "expect"}:
                    connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            kept = [(name, value) for name, value in response.getheaders() if name.lower() not in _HOP_BY_HOP]
            if self.command == "HEAD":
                kept.append(("Content-Length", response.headers.get("Content-Length", "0")))
            return _Answer(response.status, kept, response.read())
        finally:
            connection.close()

    def _answer(self, answer: _Answer, faults: Faults) -> None:
        body = _damaged(answer.body, faults)
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if faults.cut_after is not None and faults.cut_after < len(body):
            self.wfile.write(body[: faults.cut_after])
            self._reset()
            return
        self.wfile.write(body)

    def _reset(self) -> None:
        """Close at once, so that the client sees a reset and not an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Quiet: what happens is told by the client under test."""


def _damaged(body: bytes, faults: Faults) -> bytes:
    if faults.malformed:
        return body[: len(body) // 2]
    if faults.wrong_bytes and body:
        middle = len(body) // 2
        return body[:middle] + bytes([body[middle] ^ 0x01]) + body[middle + 1 :]
    return body


def _with_token(page: bytes, token: bytes) -> bytes:
    page = _TOKEN.sub(b"", page)
    more = b"<IsTruncated>true</IsTruncated><NextContinuationToken>" + token + b"</NextContinuationToken>"
    return _TRUNCATED.sub(lambda _: more, page)


def _endless_page(page: int) -> bytes:
    contents = "".join(
        f"<Contents><Key>endless/{page:09}/{index:04}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        f"<Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for index in range(_ENDLESS_PAGE)
    )
    return (
        f"<ListBucketResult><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>{contents}"
        f"<NextContinuationToken>{page}</NextContinuationToken></ListBucketResult>"
    ).encode()
