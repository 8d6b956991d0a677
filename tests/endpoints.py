"""Endpoints that misbehave, each a real server behind a proxy: the fixture `endpoints` makes them.

def test_what_an_expired_certificate_is_called(endpoints):
    endpoint = endpoints.https(days=-1)
    endpoint.open().get("key")  # or endpoint.url, .location, .credentials, .ca_file for something else
"""

import contextlib
import ipaddress
import ssl
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore import (
    NO_RETRY,
    Credentials,
    Location,
    ObjectStore,
    WireOptions,
    open_store,
    parse_location,
)
from storekeeper.objectstore.faulty import FOREVER, Faults, FaultyProxy

DAY = timedelta(days=1)
LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
ELSEWHERE = x509.DNSName("elsewhere.example")
KEY, BODY = "there", b"x" * 100  # an object that every endpoint has

Certificate = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def certificate(
    subject: str,
    issuer: Certificate | None = None,
    *,
    names: Sequence[x509.GeneralName] = (),
    until: timedelta = DAY,
    authority: bool = False,
) -> Certificate:
    """Self-signed unless an issuer is given; valid since long ago, until so long from now."""
    now, key = SystemClock().now(), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer[0].subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 30 * DAY)
        .not_valid_after(now + until)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def pem(made: Certificate) -> bytes:
    """The certificate and its key, as servers read them."""
    key = made[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made[0].public_bytes(serialization.Encoding.PEM) + key


class Endpoint:
    """One bucket behind a proxy, whose `faults` may be changed at any time. `ca_file` is to be trusted."""

    def __init__(self, proxy: FaultyProxy, bucket: str, credentials: Credentials, ca_file: str) -> None:
        self.proxy = proxy
        self.url = proxy.endpoint
        self.location: Location = parse_location(f"s3://{bucket}", endpoint=proxy.endpoint)
        self.credentials = credentials
        self.ca_file = ca_file

    def open(self, **options: Any) -> ObjectStore:
        """Tries once; `options` are those of WireOptions."""
        wire = WireOptions(**({"read_timeout": 5.0, "ca_file": self.ca_file} | options))
        return open_store(self.location, self.credentials, clock=SystemClock(), options=wire, retry=NO_RETRY)


class Endpoints:
    """Makes them, all for one bucket of one server, which has one object, and ends them."""

    def __init__(self, server: Any, folder: Path, running: contextlib.ExitStack) -> None:
        self._server = server
        self._running = running
        self._folder = folder
        self._authority = certificate("Test authority", authority=True, until=100 * DAY)
        self._ca_file = folder / "ca.pem"
        self._ca_file.write_bytes(self._authority[0].public_bytes(serialization.Encoding.PEM))
        self.location: Location = server.bucket()
        with contextlib.closing(server.open(self.location)) as store:
            store.put(KEY, BODY)

    def faithful(self) -> Endpoint:
        """To be told its faults later."""
        return self._start(Faults())

    def https(self, *, days: float = 10, names: Sequence[x509.GeneralName] = (LOOPBACK,)) -> Endpoint:
        """With a certificate for so many days more; below 0 it has expired. `[ELSEWHERE]` is a wrong host."""
        file = self._folder / "server.pem"
        file.write_bytes(pem(certificate("endpoint", self._authority, names=names, until=days * DAY)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return self._start(Faults(), context)

    def redirecting(self, to: str = "http://s3.elsewhere.example") -> Endpoint:
        """307, whatever is asked for."""
        return self._start(Faults(redirect=to))

    def error_under_200(self, code: str = "InternalError", methods: Sequence[str] = ()) -> Endpoint:
        """200 with the XML of an error as body, for all methods or for these."""
        faults = Faults(errors=FOREVER, error_status=200, error_code=code, methods=frozenset(methods))
        return self._start(faults)

    def denying(self, *methods: str) -> Endpoint:
        """403 AccessDenied for these methods: `denying("PUT")` is read-only as far as it matters."""
        faults = Faults(
            errors=FOREVER, error_status=403, error_code="AccessDenied", methods=frozenset(methods)
        )
        return self._start(faults)

    def trickling(self, pause: float = 1.0, *, head: bool = False) -> Endpoint:
        """A byte of the body, or already of the status line, every so many seconds."""
        return self._start(Faults(trickle_head=pause) if head else Faults(trickle=pause))

    def _start(self, faults: Faults, tls: ssl.SSLContext | None = None) -> Endpoint:
        proxy = self._running.enter_context(FaultyProxy(self._server.endpoint, tls=tls))
        proxy.faults = faults
        return Endpoint(proxy, self.location.bucket, self._server.credentials, str(self._ca_file))


@pytest.fixture
def endpoints(rclone_server: Any, tmp_path: Path) -> Iterator[Endpoints]:
    with contextlib.ExitStack() as running:
        yield Endpoints(rclone_server, tmp_path, running)
