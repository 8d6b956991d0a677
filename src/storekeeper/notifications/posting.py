"""Posts to addresses that were checked, and to no others: the very address that was checked is connected to.

A name that resolves to something harmless first and to something inside later gains nothing; redirects are not followed.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult

from storekeeper.kernel.clock import Clock
from storekeeper.notifications import rules
from storekeeper.notifications.model import BadWebhookError, Reply
from storekeeper.objectstore.probing.timed_socket import TimedSocket

TIMEOUT = 10.0  # seconds for all of an attempt
MOST_READ = 64 << 10
_PORTS = {"http": 80, "https": 443}
_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "No answer in time."),
    (ssl.SSLError, "The TLS handshake failed."),
    (ConnectionRefusedError, "Connection refused."),
    (ConnectionError, "The connection broke before the answer."),
    (http.client.HTTPException, "The answer is not valid HTTP."),
)


class Poster:
    """Safe to share between threads. `ca_file` is trusted instead of the system's authorities."""

    def __init__(self, clock: Clock, *, timeout: float = TIMEOUT, ca_file: str | None = None) -> None:
        self._clock, self._timeout, self._ca_file = clock, timeout, ca_file

    def post(self, url: str, body: str, headers: Mapping[str, str], *, allow_private: bool) -> Reply:
        """Never raises for what the other side does, or for where it is."""
        begun = self._clock.monotonic()
        try:
            parts = rules.check_url(url, allow_private=allow_private)
            line = self._connected(parts, begun + self._timeout, allow_private=allow_private)
            try:
                reply = _exchange(line, parts, body, headers)
            finally:
                line.end()
        except BadWebhookError as error:
            reply = Reply(error=error.detail)
        except (OSError, http.client.HTTPException) as error:
            reply = Reply(error=_in_words(error))
        spent = round((self._clock.monotonic() - begun) * 1000)
        return Reply(
            status=reply.status, error=reply.error, retry_after=reply.retry_after, milliseconds=spent
        )

    def _connected(self, parts: SplitResult, until: float, *, allow_private: bool) -> TimedSocket:
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        addresses = _resolve(host, port, until - self._clock.monotonic())
        for address in addresses:
            rules.check_address(ipaddress.ip_address(address), allow_private=allow_private)
        failure: OSError = TimeoutError()
        for address in addresses:
            left = until - self._clock.monotonic()
            if left <= 0:
                break
            try:
                opened = socket.create_connection((address, port), left)
            except OSError as error:
                failure = error
                continue
            return self._secured(opened, parts.scheme, host, until)
        raise failure

    def _secured(self, opened: socket.socket, scheme: str, host: str, until: float) -> TimedSocket:
        if scheme == "http":
            return TimedSocket(opened, self._clock, until)
        try:
            sealed = _context(self._ca_file).wrap_socket(
                opened, server_hostname=host, do_handshake_on_connect=False
            )
        except BaseException:
            opened.close()
            raise
        line = TimedSocket(sealed, self._clock, until)
        try:
            line.allow()
            sealed.do_handshake()
        except BaseException:
            line.end()
            raise
        return line


def _exchange(line: TimedSocket, parts: SplitResult, body: str, headers: Mapping[str, str]) -> Reply:
    connection = http.client.HTTPConnection(parts.hostname or "")
    connection.auto_open = 0
    sock: Any = line
    connection.sock = sock
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request(
        "POST", target, body.encode(), {"host": parts.netloc, "connection": "close", **headers}
    )
    response = connection.getresponse()
    reply = Reply(status=response.status, retry_after=response.getheader("retry-after", ""))
    if not 200 <= response.status < 300:
        return reply
    try:
        response.read(MOST_READ)  # a receiver may still be writing, and dislike to be cut off
    except (OSError, http.client.HTTPException):
        return reply  # it has answered; what else it says does not matter
    return reply


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """The system's resolver can not be told when to stop, so it is asked in a thread that may be left behind."""
    found: list[str] = []
    failed: list[OSError] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            failed.append(OSError(f"{host} does not resolve"))
        else:
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    thread = threading.Thread(target=ask, name="webhook-resolver", daemon=True)
    thread.start()
    thread.join(max(seconds, 0.0))
    if failed:
        raise failed[0]
    if not found:
        raise OSError(f"{host} was not resolved in time")
    return list(found)


@lru_cache(4)
def _context(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def _in_words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"Its certificate is not accepted: {error.verify_message}."
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return words
    return f"{error.strerror or error}." if isinstance(error, OSError) else f"{type(error).__name__}."
