"""Signed HTTP requests to one bucket: answers come back whole, everything else as an objectstore error."""

import ssl
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote

import msgspec
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from storekeeper.kernel.clock import Clock
from storekeeper.kernel.units import format_bytes

from . import xml
from .answers import Operation, Request, error_from
from .endpoint_guard import guarded_pool
from .errors import ConnectError, MalformedAnswerError, ObjectStoreError, StoreTimeoutError, TlsError
from .signing import Credentials, Signer
from .url import Location

_CHUNK = 1 << 18
_TLS_REASONS = {
    10: ("the certificate has expired", "Renew the endpoint's certificate."),
    9: ("the certificate is not valid yet", "Check the clocks of both machines."),
    18: ("the certificate is self-signed", "Use a certificate of a known authority, or trust its authority."),
    19: ("the certificate chain ends in an unknown authority", "Trust that authority on this machine."),
    20: ("the certificate's authority is unknown", "Trust that authority on this machine."),
    62: ("the certificate is for another host name", "Check the endpoint's name."),
    64: ("the certificate is for another address", "Use the endpoint's name instead of its address."),
}


class WireOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds. `total_timeout` bounds one answer, however slowly it trickles in."""

    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    total_timeout: float = 120.0
    max_answer_bytes: int = 64 << 20
    connections: int = 32
    ca_file: str | None = None


class Answer(NamedTuple):
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """Speaks to one bucket, path-style. Safe to share between threads."""

    def __init__(
        self, location: Location, credentials: Credentials | None, *, clock: Clock, options: WireOptions
    ) -> None:
        self._base = location.endpoint
        self._bucket = location.bucket
        self._clock = clock
        self._options = options
        self._signer = Signer(credentials, region=location.region, clock=clock)
        self._secrets = (credentials.secret_access_key, credentials.session_token) if credentials else ()
        self._pool = guarded_pool(
            location.endpoint,
            ca_file=options.ca_file,
            maxsize=options.connections,
            timeout=urllib3.Timeout(connect=options.connect_timeout, read=options.read_timeout),
            retries=False,
        )

    def request(
        self,
        operation: Operation,
        *,
        method: str = "GET",
        key: str = "",
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        condition: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer of a 2xx; `condition` is of headers that need no signature. Raises objectstore.errors for everything else; tries once."""
        target = request_target(self._bucket, key, query or {})
        asked = Request(operation, self._bucket, key, self._secrets)
        headers = {**self._signer.headers(method, self._base + target, body), "User-Agent": "storekeeper"}
        headers |= condition or {}
        try:
            response = self._pool.urlopen(
                method,
                target,
                body=body or None,
                headers=headers,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            answer = Answer(response.headers, self._read(response))
        except HTTPError as error:
            raise self._transport_error(error, asked) from error
        if 200 <= response.status < 300:
            return answer
        raise error_from(asked, response.status, answer.headers, answer.body, self._clock.now())

    def ask(
        self,
        operation: Operation,
        *,
        key: str = "",
        query: Mapping[str, str],
        parse: Callable[[bytes], xml.Element] = xml.parse,
    ) -> xml.Element:
        """The root of an XML answer. An error under status 200, which S3 allows itself, is raised like any other."""
        answer = self.request(operation, key=key, query=query)
        root = parse(answer.body)
        if root.name == "Error":
            asked = Request(operation, self._bucket, key, self._secrets)
            raise error_from(asked, 200, answer.headers, answer.body, self._clock.now())
        return root

    def close(self) -> None:
        """Close idle connections."""
        self._pool.close()

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        deadline = self._clock.monotonic() + self._options.total_timeout
        chunks, size = [], 0
        try:
            while chunk := response.read1(_CHUNK):
                chunks.append(chunk)
                size += len(chunk)
                self._check_limits(size, deadline)
        except BaseException:
            response.close()
            raise
        response.release_conn()
        return b"".join(chunks)

    def _check_limits(self, size: int, deadline: float) -> None:
        if size > self._options.max_answer_bytes:
            limit = format_bytes(self._options.max_answer_bytes)
            raise MalformedAnswerError(f"the answer is larger than {limit}")
        if self._clock.monotonic() > deadline:
            raise StoreTimeoutError(f"the answer took longer than {self._options.total_timeout:g} s")

    def _transport_error(self, error: HTTPError, asked: Request) -> ObjectStoreError:
        where = f"{asked} at {self._base}"
        if isinstance(error, SSLError):
            reason, hint = tls_reason(error.args[0] if error.args else error)
            return TlsError(f"{where}: {reason}", hint=hint)
        if isinstance(error, NewConnectionError):  # urllib3 has it as a kind of timeout
            return ConnectError(
                f"{where}: {_root_reason(error)}", hint="Is the endpoint up, and the port right?"
            )
        if isinstance(error, ConnectTimeoutError):
            return StoreTimeoutError(f"{where}: no connection within {self._options.connect_timeout:g} s")
        if isinstance(error, ReadTimeoutError):
            return StoreTimeoutError(f"{where}: nothing came for {self._options.read_timeout:g} s")
        return ConnectError(f"{where}: the connection broke before the answer was complete")


def request_target(bucket: str, key: str, query: Mapping[str, str]) -> str:
    """Path and query exactly as they are signed: only unreserved characters stay as they are."""
    path = f"/{quote(bucket)}" + (f"/{quote(key, safe='/~')}" if key else "")
    pairs = sorted(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in query.items())
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def tls_reason(error: Exception) -> tuple[str, str]:
    """Why a handshake failed, in words, and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _TLS_REASONS.get(
            error.verify_code, (f"the certificate is not accepted: {error.verify_message}", "")
        )
    if "WRONG_VERSION_NUMBER" in str(error) or "RECORD_LAYER" in str(error):
        return "the endpoint does not speak TLS on this port", "Is it http:// instead of https://?"
    return "the TLS handshake failed", "Check the endpoint's TLS configuration."


def _root_reason(error: HTTPError) -> str:
    cause = error.__cause__
    return (cause.strerror or str(cause)) if isinstance(cause, OSError) else "cannot connect"
