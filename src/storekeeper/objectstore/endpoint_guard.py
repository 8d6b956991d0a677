"""Which endpoints may be spoken to: private networks yes, the machine's own metadata never.

The address is checked again where the socket is opened, and that very address is connected to: a name
that resolves to something harmless first and to a metadata service later gains nothing.
"""

import ipaddress
import socket
from typing import Any
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

from storekeeper.kernel.addresses import METADATA_NAMES, Address, forbidden

from .errors import BadEndpointError, DnsError


def check_endpoint(url: str) -> SplitResult:
    """The parts of an acceptable endpoint URL. Raises BadEndpointError for anything else, without resolving names."""
    parts = _split(url)
    if parts.scheme not in {"http", "https"}:
        raise BadEndpointError(
            f"{url!r} is not an http:// or https:// URL", hint="Write https://host[:port]."
        )
    if "@" in parts.netloc:
        raise BadEndpointError("an endpoint must not contain a user name or password")
    if not parts.hostname:
        raise BadEndpointError(f"{url!r} names no host")
    if parts.query or parts.fragment:
        raise BadEndpointError(f"{url!r} has a query or fragment, an endpoint has neither")
    _check_host(parts.hostname)
    return parts


def _split(url: str) -> SplitResult:
    if any(character <= " " or character in "\\\x7f" for character in url):
        raise BadEndpointError("an endpoint must not contain spaces, control characters or backslashes")
    try:
        parts = urlsplit(url)
        _ = parts.port  # parsed on access
    except ValueError as error:
        raise BadEndpointError(f"{url!r} is not a URL: {error}") from error
    return parts


def _check_host(host: str) -> None:
    if host.rstrip(".").lower() in METADATA_NAMES:
        raise BadEndpointError(f"{host} is a cloud metadata service")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return  # a name: its addresses are checked when it is connected to
    check_address(address)


def check_address(address: Address) -> None:
    """Raises BadEndpointError for link-local, metadata, multicast and reserved addresses, however they are wrapped."""
    if what := forbidden(address):
        raise BadEndpointError(f"{address} is {what}")


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, all of them acceptable. Raises DnsError or BadEndpointError."""
    try:
        answers = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise DnsError(
            f"{host} does not resolve: {_reason(error)}", hint="Check the endpoint's name."
        ) from error
    addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    for text in addresses:
        check_address(ipaddress.ip_address(text))
    return addresses


def _reason(error: Exception) -> str:
    return str(error.args[1]) if isinstance(error, socket.gaierror) and len(error.args) > 1 else str(error)


def _guarded_socket(connection: HTTPConnection) -> socket.socket:
    failure: OSError | None = None
    for address in resolve(connection.host, connection.port):
        try:
            return create_connection(
                (address, connection.port), connection.timeout, socket_options=connection.socket_options
            )
        except OSError as error:
            failure = error
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "connect timed out") from failure
    raise NewConnectionError(connection, f"cannot connect: {failure}") from failure


class _GuardedHTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _guarded_socket(self)


class _GuardedHTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _guarded_socket(self)


class _GuardedHTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _GuardedHTTPConnection


class _GuardedHTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPSConnection


def guarded_pool(endpoint: str, *, ca_file: str | None = None, **options: Any) -> urllib3.HTTPConnectionPool:
    """A connection pool to one endpoint that connects to checked addresses only; `options` are urllib3's."""
    parts = check_endpoint(endpoint)
    host = parts.hostname or ""
    if parts.scheme == "http":
        return _GuardedHTTPPool(host, parts.port or 80, **options)
    return _GuardedHTTPSPool(host, parts.port or 443, ca_certs=ca_file, cert_reqs="CERT_REQUIRED", **options)
