"""Faults over HTTP, on loopback and below a path that nobody guesses: no page of another site can reach it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import msgspec

from storekeeper.cli.local.demo.outage.model import State, Wish
from storekeeper.objectstore.faulty import FaultyProxy, Switch, Switchboard

_HOST = "127.0.0.1"
_LONGEST = 4096  # bytes of a wish


@contextmanager
def control(proxy: FaultyProxy, board: Switchboard, token: str) -> Iterator[str]:
    """The URL at which it listens as long as the block lasts."""
    with _Server((_HOST, 0), _Handler) as server:
        server.proxy, server.board, server.path = proxy, board, f"/{token}"
        thread = Thread(target=server.serve_forever, args=(0.05,), name="faults-control", daemon=True)
        thread.start()
        yield f"http://{_HOST}:{server.server_address[1]}{server.path}"
        server.shutdown()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    proxy: FaultyProxy
    board: Switchboard
    path: str


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if self._named() is not None:
            self._answer_state()

    def do_PUT(self) -> None:
        name = self._named()
        if name is None:
            return
        body = self.rfile.read(min(_LONGEST, int(self.headers.get("Content-Length") or 0)))
        try:
            wish = msgspec.json.decode(body or b"{}", type=Wish)
            self.server.board.turn_on(Switch(name), share=wish.share, seconds=wish.seconds)
        except ValueError as error:  # msgspec's too
            self._answer(400, f"{error}\n".encode(), "text/plain")
        else:
            self._answer_state()

    def do_DELETE(self) -> None:
        name = self._named()
        if name is None:
            return
        try:
            self.server.board.turn_off(Switch(name) if name else None)
        except ValueError as error:
            self._answer(400, f"{error}\n".encode(), "text/plain")
        else:
            self._answer_state()

    def _named(self) -> str | None:
        """What stands behind the secret path; None, and answered, for anybody who does not know it."""
        path, _, name = self.path.removeprefix("/").partition("/")
        if secrets.compare_digest(f"/{path}".encode(), self.server.path.encode()):
            return name
        self._answer(404, b"", "text/plain")
        return None

    def _answer_state(self) -> None:
        state = State(requests=self.server.proxy.requests, switches=self.server.board.state())
        self._answer(200, msgspec.json.encode(state), "application/json")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Quiet: it would write down the secret path."""
