"""Requests to what stands beside a provider's buckets: usage, metrics, analytics. Guarded and signed like those to buckets."""

from collections.abc import Mapping

import msgspec
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError, SSLError

from storekeeper.kernel.clock import Clock

from .endpoint_guard import guarded_pool
from .errors import (
    ConnectError,
    MalformedAnswerError,
    MissingPermissionError,
    ObjectStoreError,
    ServerFaultError,
    StoreTimeoutError,
    ThrottledError,
    TlsError,
    WrongCredentialsError,
)
from .signing import Credentials, ServiceSigner

MAX_ANSWER = 64 << 20
_TIMES = urllib3.Timeout(connect=5.0, read=60.0)
_TOLD = 300  # characters of a refusal that are shown


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """By what a request is signed: `service` is `s3`, `monitoring` and so on."""

    credentials: Credentials
    service: str
    region: str


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `target` is path and query, percent-encoded."""

    endpoint: str
    target: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes = b""


def call(asked: Call, *, clock: Clock, signature: Signature | None = None) -> bytes:
    """The body of a 2xx. Raises objectstore.errors for everything else; tries once and follows no redirect."""
    endpoint = asked.endpoint.rstrip("/")
    pool = guarded_pool(endpoint, timeout=_TIMES, retries=False, maxsize=1)
    headers = {"User-Agent": "storekeeper", **_signed(asked, endpoint, clock, signature)}
    try:
        response = pool.urlopen(
            asked.method,
            _path_of(endpoint) + asked.target,
            body=asked.body or None,
            headers=headers,
            redirect=False,
            preload_content=False,
        )
        body = response.read(MAX_ANSWER + 1)
    except HTTPError as error:
        raise _transport_error(error, endpoint) from error
    finally:
        pool.close()
    if len(body) > MAX_ANSWER:
        raise MalformedAnswerError(f"the answer of {endpoint} is larger than {MAX_ANSWER >> 20} MiB")
    if not 200 <= response.status < 300:
        raise _refusal(response.status, body, endpoint)
    return body


def _signed(asked: Call, endpoint: str, clock: Clock, signature: Signature | None) -> Mapping[str, str]:
    if signature is None:
        return asked.headers
    signer = ServiceSigner(
        signature.credentials, service=signature.service, region=signature.region, clock=clock
    )
    return signer.headers(asked.method, endpoint + asked.target, asked.headers, asked.body)


def _path_of(endpoint: str) -> str:
    """What stands behind the host of an endpoint, for one below a path."""
    _, _, path = endpoint.partition("://")[2].partition("/")
    return f"/{path}" if path else ""


def _refusal(status: int, body: bytes, endpoint: str) -> ObjectStoreError:
    said = " ".join(body.decode("utf-8", "replace").split())[:_TOLD]
    detail = f"{endpoint} answered {status}: {said}" if said else f"{endpoint} answered {status}"
    if status == 401:
        return WrongCredentialsError(detail, hint="Enter the secret again.")
    if status == 403:
        return MissingPermissionError(
            detail, hint="Check the credentials, and that they may read usage and metrics."
        )
    if status in (429, 503):
        return ThrottledError(detail)
    if status >= 500:
        return ServerFaultError(detail)
    return MalformedAnswerError(detail, hint="Check the endpoint and the settings of the source.")


def _transport_error(error: HTTPError, endpoint: str) -> ObjectStoreError:
    if isinstance(error, SSLError):
        return TlsError(f"{endpoint}: the TLS handshake failed")
    if isinstance(error, NewConnectionError):
        return ConnectError(f"{endpoint}: cannot connect", hint="Is the endpoint up, and the port right?")
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return StoreTimeoutError(f"{endpoint}: no answer in time")
    return ConnectError(f"{endpoint}: the connection broke before the answer was complete")
