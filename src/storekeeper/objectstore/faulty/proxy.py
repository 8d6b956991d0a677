"""The proxy: one thread for each connection to it, with one connection to the endpoint."""

import http.client
import socket
import ssl
import struct
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, Self
from urllib.parse import urlsplit

from .faults import Faults
from .listings import Listings
from .upstream import Answer, Headers, Upstream

Chosen = Callable[[str, str], Faults]
_NONE = Faults()
_BODILESS = (204, 304)  # these have no Content-Length either


class FaultyProxy:
    """Listens on loopback while it is open; a context manager. `requests` counts what reached it.

    Its faults are those of the attribute `faults`, or for each request what `choose` says of its method, and path
    and query. With `tls` it speaks HTTPS.
    """

    def __init__(
        self,
        upstream: str,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        choose: Chosen | None = None,
    ) -> None:
        self.faults = Faults()
        self.requests = 0
        self.upstream = urlsplit(upstream)
        self.stopping = Event()
        self.listings = Listings()
        self._choose = choose
        self._lock = Lock()
        self._scheme = "https" if tls else "http"
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.proxy = self
        if tls:  # each connection shakes hands in its own thread
            listening = self._server.socket
            self._server.socket = tls.wrap_socket(listening, server_side=True, do_handshake_on_connect=False)
        self._thread = Thread(
            target=self._server.serve_forever, args=(0.05,), name="faulty-proxy", daemon=True
        )

    @property
    def endpoint(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, method: str, target: str) -> tuple[Faults, bool]:
        """Count a request; the faults that it gets, and whether it is one of those that get the error."""
        faults = self._choose(method, target) if self._choose else self.faults
        if not faults.concern(method, target):
            faults = _NONE
        with self._lock:
            self.requests += 1
            due = faults.errors > 0
            if due:
                faults.errors -= 1
        return faults, due


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    proxy: FaultyProxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what this server is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self._upstream = Upstream(self.server.proxy.upstream)

    def finish(self) -> None:
        self._upstream.close()
        super().finish()

    def _pass_on(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        faults, failing = proxy.take(self.command, self.path)
        if faults.refuse:
            self._reset()
            return
        if faults.delay:
            proxy.stopping.wait(faults.delay)
        try:
            self._answer(self._fault(faults, failing=failing) or self._honest(body, faults), faults)
        except (OSError, http.client.HTTPException):
            self._reset()

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _pass_on  # noqa: N815 - http.server's names

    def _fault(self, faults: Faults, *, failing: bool) -> Answer | None:
        """The answer that comes in place of the endpoint's."""
        headers: Headers = [("Date", self.date_time_string()), ("Content-Type", "application/xml")]
        if faults.redirect:
            headers.append(("Location", faults.redirect + self.path))
            return Answer(307, headers, _error("TemporaryRedirect"))
        if not failing:
            return None
        if faults.retry_after:
            headers.append(("Retry-After", faults.retry_after))
        return Answer(faults.error_status, headers, _error(faults.error_code))

    def _honest(self, body: bytes, faults: Faults) -> Answer:
        answer = self._upstream.ask(self.command, self.path, self.headers.items(), body)
        if faults.need_whole_body:
            answer = answer.whole()
        if faults.listing and "list-type=2" in self.path:
            return answer._replace(
                status=200, body=self.server.proxy.listings.bent(answer.body, faults.listing)
            )
        return answer

    def _answer(self, answer: Answer, faults: Faults) -> None:
        answer = answer._replace(body=faults.damaged(answer.body))
        self._write(self._head(answer, faults), faults.trickle_head)
        if self.command == "HEAD":
            return
        if faults.cut_after is not None and faults.cut_after < len(answer.body):
            self.wfile.write(answer.body[: faults.cut_after])
            self._reset()
        elif faults.trickle:
            self._write(answer.body, faults.trickle)
        else:
            self._pass_body(answer)

    def _head(self, answer: Answer, faults: Faults) -> bytes:
        lines = [f"HTTP/1.1 {answer.status} {http.client.responses.get(answer.status, '')}"]
        for name, value in answer.headers:
            lines.append(f"{name}: {faults.dated(value) if name.lower() == 'date' else value}")
        if self.command != "HEAD" and answer.status not in _BODILESS:
            lines.append(f"Content-Length: {answer.size}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _pass_body(self, answer: Answer) -> None:
        missing = answer.size
        for piece in answer.pieces():
            self.wfile.write(piece)
            missing -= len(piece)
        if missing:  # the endpoint broke off, and so do we
            self._reset()

    def _write(self, data: bytes, pause: float) -> None:
        """At once, or byte by byte with a pause after each."""
        step = 1 if pause else len(data)
        for index in range(0, len(data), step or 1):
            self.wfile.write(data[index : index + step])
            if pause and self.server.proxy.stopping.wait(pause):
                return

    def _reset(self) -> None:
        """Close at once, so that the client sees a reset and not an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Quiet: what happens is told by the client under test."""


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>injected fault</Message></Error>".encode()
