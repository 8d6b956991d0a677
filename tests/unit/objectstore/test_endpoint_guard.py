"""Which endpoints may be spoken to, by name and by address, when registered and when connected to."""

import ipaddress
import socket

import pytest

from storekeeper.objectstore.endpoint_guard import check_address, check_endpoint, guarded_pool, resolve
from storekeeper.objectstore.errors import BadEndpointError, DnsError


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.example.com",
        "http://127.0.0.1:9000",
        "http://localhost",
        "http://10.1.2.3",
        "http://192.168.1.1:8333",
        "http://[::1]:9000",
        "http://[fd12:3456::1]",
    ],
)
def test_public_private_and_loopback_are_allowed(url):
    assert check_endpoint(url).hostname


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254",
        "http://169.254.0.1:80",
        "http://[fe80::1]",
        "http://[fd00:ec2::254]",
        "http://100.100.100.200",
        "http://metadata.google.internal",
        "http://METADATA.google.internal./",
        "http://[::ffff:169.254.169.254]",
        "http://[::ffff:a9fe:a9fe]",
        "http://[64:ff9b::a9fe:a9fe]",
        "http://[2002:a9fe:a9fe::1]",
        "http://224.0.0.1",
        "ftp://s3.example.com",
        "file:///etc/passwd",
        "s3.example.com",
        "http://",
        "http://user:password@s3.example.com",
        "http://s3.example.com:99999",
        "http://s3.example.com?x=1",
        "http://s3.example.com#x",
        "http://s3.example.com\\@169.254.169.254",
        "http://s3.example.com\n",
        "http://[::1",
    ],
)
def test_everything_else_is_refused(url):
    with pytest.raises(BadEndpointError) as refused:
        check_endpoint(url)
    assert "password@" not in refused.value.detail


@pytest.mark.parametrize("text", ["169.254.1.1", "fe80::1", "ff02::1", "::ffff:100.100.100.200"])
def test_addresses_are_checked_however_they_are_wrapped(text):
    with pytest.raises(BadEndpointError):
        check_address(ipaddress.ip_address(text))


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "169.254.43518", "[::ffff:169.254.169.254]"])
def test_other_spellings_of_an_address_are_caught_when_connecting(host):
    """They pass as names, yet the resolver reads them as numbers."""
    with pytest.raises(BadEndpointError):
        resolve(host, 80)


def test_a_name_that_turns_to_a_forbidden_address_is_caught_when_connecting(monkeypatch):
    answers = iter(["203.0.113.5", "169.254.169.254"])
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 80))],
    )
    assert resolve("rebinding.example", 80) == ["203.0.113.5"]
    pool = guarded_pool("http://rebinding.example", retries=False)
    with pytest.raises(BadEndpointError):
        pool.urlopen("GET", "/")
    pool.close()


def test_one_forbidden_address_among_good_ones_is_enough(monkeypatch):
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, 80)) for text in ("203.0.113.5", "169.254.169.254")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(BadEndpointError):
        resolve("mixed.example", 80)


def test_a_name_that_does_not_resolve():
    with pytest.raises(DnsError, match=r"nowhere\.invalid does not resolve"):
        resolve("nowhere.invalid", 80)
