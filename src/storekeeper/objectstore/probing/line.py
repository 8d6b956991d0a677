"""One fresh connection to an endpoint, each of its steps timed and none of them endless."""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, NamedTuple

import msgspec

from storekeeper.kernel.clock import Clock
from storekeeper.objectstore.endpoint_guard import check_endpoint, resolve
from storekeeper.objectstore.errors import (
    ConnectError,
    MalformedAnswerError,
    ObjectStoreError,
    StoreTimeoutError,
    TlsError,
)
from storekeeper.objectstore.probing.model import Network
from storekeeper.objectstore.probing.timed_socket import TimedSocket
from storekeeper.objectstore.wire import tls_reason

MAX_ANSWER = 1 << 20
_BROKEN = (http.client.HTTPException, OSError)


class Reply(NamedTuple):
    """An answer. `first_byte` is the moment in which its head was there, by the monotonic clock."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    first_byte: float


class Line:
    """Raises objectstore.errors. `network` is what connecting showed; times are those of the monotonic clock."""

    def __init__(self, endpoint: str, clock: Clock, *, ca_file: str | None = None) -> None:
        parts = check_endpoint(endpoint)
        self._secure, self._host = parts.scheme == "https", parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        usual = parts.port in (None, 443 if self._secure else 80)
        name = f"[{self._host}]" if ":" in self._host else self._host
        self._named = name if usual else f"{name}:{self._port}"
        self._endpoint, self._clock, self._ca_file = endpoint, clock, ca_file
        self._socket: TimedSocket | None = None
        self.network = Network()

    @property
    def connected(self) -> bool:
        return self._socket is not None

    def connect(self, until: float) -> None:
        """Open it, anew if it was open."""
        self.close()
        begun = self._clock.monotonic()
        addresses = _resolve_within(self._host, self._port, until - begun)
        resolved = self._clock.monotonic()
        plain = self._connected(addresses, until)
        connected = self._clock.monotonic()
        self.network = Network(dns=resolved - begun, connect=connected - resolved)
        self._socket = TimedSocket(plain, self._clock, until)
        if self._secure:
            try:
                self._encrypt(plain, until)
            except BaseException:
                self.close()
                raise
            self.network = msgspec.structs.replace(self.network, tls=self._clock.monotonic() - connected)

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, until: float
    ) -> Reply:
        """One request and its whole answer, whatever its status."""
        if self._socket is None:
            raise ConnectError(f"{self._endpoint}: not connected")
        self._socket.until = until
        connection = http.client.HTTPConnection(self._host, self._port)
        connection.auto_open = 0
        sock: Any = self._socket
        connection.sock = sock
        try:
            connection.request(method, target, body or None, {"Host": self._named, **headers})
            response = connection.getresponse()
            first_byte = self._clock.monotonic()
            answer = response.read(MAX_ANSWER + 1)
        except _BROKEN as error:
            self.close()
            raise self._explained(error) from error
        if response.will_close or len(answer) > MAX_ANSWER:
            self.close()
        if len(answer) > MAX_ANSWER:
            raise MalformedAnswerError(f"the answer is larger than {MAX_ANSWER >> 10} KiB")
        return Reply(response.status, _lower(response), answer, first_byte)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.end()
            self._socket = None

    def _connected(self, addresses: list[str], until: float) -> socket.socket:
        failure: OSError = TimeoutError()
        for address in addresses:
            left = until - self._clock.monotonic()
            if left <= 0:
                break
            try:
                opened = socket.create_connection((address, self._port), left)
            except OSError as error:
                failure = error
                continue
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return opened
        raise self._explained(failure, "no connection in time") from failure

    def _encrypt(self, plain: socket.socket, until: float) -> None:
        sealed = _context(self._ca_file).wrap_socket(
            plain, server_hostname=self._host, do_handshake_on_connect=False
        )
        self._socket = TimedSocket(sealed, self._clock, until)
        try:
            self._socket.allow()
            sealed.do_handshake()
        except TimeoutError as error:
            raise StoreTimeoutError(f"{self._endpoint}: the TLS handshake did not end in time") from error
        except ssl.SSLError as error:
            reason, hint = tls_reason(error)
            raise TlsError(f"{self._endpoint}: {reason}", hint=hint) from error
        except OSError as error:
            raise TlsError(f"{self._endpoint}: the connection broke in the TLS handshake") from error
        certificate = sealed.getpeercert() or {}
        if ends := certificate.get("notAfter"):
            until_when = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(ends)), UTC)
            self.network = msgspec.structs.replace(self.network, certificate_until=until_when)

    def _explained(
        self, error: Exception, late: str = "the answer was not complete in time"
    ) -> ObjectStoreError:
        if isinstance(error, TimeoutError):
            return StoreTimeoutError(f"{self._endpoint}: {late}")
        if isinstance(error, ConnectionError | http.client.IncompleteRead):
            refused = isinstance(error, ConnectionRefusedError)
            said = "Connection refused" if refused else "the connection broke before the answer was complete"
            hint = "Is the endpoint up, and the port right?" if refused else ""
            return ConnectError(f"{self._endpoint}: {said}", hint=hint)
        if isinstance(error, http.client.HTTPException):
            return MalformedAnswerError(f"{self._endpoint}: the answer is not valid HTTP")
        reason = error.strerror if isinstance(error, OSError) else ""
        return ConnectError(f"{self._endpoint}: {reason or 'the connection failed'}")


@lru_cache(8)
def _context(ca_file: str | None) -> ssl.SSLContext:
    """Kept: making one takes longer than a whole round."""
    return ssl.create_default_context(cafile=ca_file)


def _lower(response: http.client.HTTPResponse) -> Mapping[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


def _resolve_within(host: str, port: int, seconds: float) -> list[str]:
    """The system's resolver can not be told when to stop, so a name is resolved in a thread that may be left behind."""
    if _is_address(host):
        return resolve(host, port)
    found: list[list[str]] = []
    failed: list[ObjectStoreError] = []

    def ask() -> None:
        try:
            found.append(resolve(host, port))
        except ObjectStoreError as error:
            failed.append(error)

    thread = threading.Thread(target=ask, name="probe-resolver", daemon=True)
    thread.start()
    thread.join(max(seconds, 0.0))
    if found:
        return found[0]
    if failed:
        raise failed[0]
    raise StoreTimeoutError(f"{host} was not resolved in time", hint="Check this machine's name servers.")


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
