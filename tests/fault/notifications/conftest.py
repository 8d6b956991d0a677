"""A receiver that does what its path says, and notifications that speak to it."""

import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest

from engines import open_database
from storekeeper.audit import AuditTrail
from storekeeper.infra.crypto import Sealer
from storekeeper.kernel.clock import ManualClock
from storekeeper.notifications import Message, NotificationService
from storekeeper.notifications.model import NewWebhook
from storekeeper.notifications.posting import Poster


class Came(NamedTuple):
    path: str
    headers: dict
    body: bytes


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.came.append(Came(self.path, headers, body))
        kind = receiver.behavior or self.path.partition("?")[0].strip("/")
        if kind == "hang":
            receiver.over.wait(10)
        elif kind == "cut":
            self.connection.shutdown(socket.SHUT_RDWR)
        elif kind == "garbage":
            self.wfile.write(b"what is this\r\n\r\n")
        elif kind == "flood":
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while not receiver.over.is_set():
                    self.wfile.write(b"x" * 65536)
                    receiver.flooded += 65536
        else:
            status, _, argument = kind.partition("-")
            self.send_response(int(status))
            if argument:
                self.send_header("Location" if status == "302" else "Retry-After", argument)
            self.send_header("Content-Length", "0")
            self.end_headers()

    do_GET = do_POST  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_):
        """Tests are quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """Callers that hang up are no error."""


class Receiver:
    """`behavior` overrules the path: a status, 429-SECONDS, 302-URL, hang, cut, garbage, flood."""

    def __init__(self):
        self.came, self.behavior, self.over, self.flooded = [], "", threading.Event(), 0
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self):
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver():
    with contextlib.closing(Receiver()) as made:
        yield made


class Told:
    """Notifications on SQLite, sent in the test's own thread."""

    def __init__(self, folder):
        self.clock = ManualClock()
        self.database = open_database(folder)
        self.audit = AuditTrail(self.database, self.clock)
        self.service = NotificationService(
            self.database, Sealer("0" * 64), self.audit, self.clock, poster=Poster(self.clock, timeout=0.3)
        )
        self._told = 0

    def add(self, name, url, **fields):
        return self.service.webhooks.add(
            NewWebhook(name=name, url=url, **{"allow_private": True} | fields), actor="ann@x"
        )

    def message(self):
        self._told += 1
        return Message(
            subject=f"alert-{self._told}",
            transition="opened",
            event="alert.opened",
            at=self.clock.now(),
            data={"bucket": "photos", "summary": "déjà vu"},
        )

    def tell(self):
        with self.database.write() as connection:
            self.service.tell(connection, self.message())

    def sent(self, name="desk"):
        """Deliveries, newest first, after everything that is due was tried."""
        self.service.deliver_due()
        return self.service.deliveries(name).items


@pytest.fixture
def told(tmp_path):
    made = Told(tmp_path)
    yield made
    made.service.close()
    made.database.close()
