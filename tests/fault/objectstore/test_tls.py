"""Certificates that are not acceptable, each with its reason."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives import serialization

from endpoints import DAY, ELSEWHERE, LOOPBACK, certificate, pem
from storekeeper.objectstore.errors import TlsError


class EmptyBucket(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """Clients that dislike the certificate hang up."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """(certificate and key, file to trust it by)"""
    made = certificate("Test authority", authority=True)
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    file.write_bytes(made[0].public_bytes(serialization.Encoding.PEM))
    return made, str(file)


@pytest.fixture
def serve(tmp_path):
    """`serve(certificate)` is the URL of an empty bucket behind it; without certificate, of plain HTTP called https."""
    servers = []

    def start(made):
        server = Server(("127.0.0.1", 0), EmptyBucket)
        if made:
            file = tmp_path / "server.pem"
            file.write_bytes(pem(made))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(file)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        servers.append((server, thread))
        return f"https://127.0.0.1:{server.server_address[1]}"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_certificate_of_a_trusted_authority_is_accepted(serve, authority, open_at):
    endpoint = serve(certificate("good", authority[0], names=[LOOPBACK]))
    assert open_at(endpoint, ca_file=authority[1]).list_page().objects.num_rows == 0


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"names": [LOOPBACK], "until": -DAY}, "has expired"),
        ({"names": [ELSEWHERE]}, "another (address|host name)"),
    ],
)
def test_trusted_but_not_acceptable(serve, authority, open_at, made, reason):
    endpoint = serve(certificate("bad", authority[0], **made))
    with pytest.raises(TlsError, match=reason) as failed:
        open_at(endpoint, ca_file=authority[1]).list_page()
    assert failed.value.hint
    assert not failed.value.retry


def test_self_signed(serve, open_at):
    with pytest.raises(TlsError, match="self-signed"):
        open_at(serve(certificate("self", names=[LOOPBACK]))).list_page()


def test_an_unknown_authority(serve, authority, open_at):
    with pytest.raises(TlsError, match="authority"):
        open_at(serve(certificate("good", authority[0], names=[LOOPBACK]))).list_page()


def test_plain_http_on_the_port(serve, open_at):
    with pytest.raises(TlsError, match="does not speak TLS") as failed:
        open_at(serve(None)).list_page()
    assert "http://" in failed.value.hint
