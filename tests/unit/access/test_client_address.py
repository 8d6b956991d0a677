"""Which hop is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.access.rules.client_address import client_address, networks, rate_key

PROXIES = networks("10.0.0.0/8, 192.0.2.7, fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.5", "", "203.0.113.5"),
        (
            "203.0.113.5",
            "198.51.100.1",
            "203.0.113.5",
        ),  # the peer is no proxy of ours: its word counts for nothing
        ("10.1.1.1", "198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # the left part was sent by the client
        ("10.1.1.1", "1.1.1.1, 198.51.100.1, 192.0.2.7", "198.51.100.1"),
        ("10.1.1.1", "198.51.100.1 ,10.2.2.2,  10.3.3.3", "198.51.100.1"),
        ("10.1.1.1", "10.2.2.2, 10.3.3.3", "10.2.2.2"),  # a client inside
        ("10.1.1.1", "", "10.1.1.1"),
        ("10.1.1.1", "not an address", "10.1.1.1"),
        ("10.1.1.1", "198.51.100.1, unknown, 10.2.2.2", "10.2.2.2"),  # nothing left of nonsense is believed
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("::ffff:10.1.1.1", "198.51.100.1", "198.51.100.1"),  # IPv4 seen through an IPv6 socket
        ("testclient", "198.51.100.1", "testclient"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_rightmost_hop_that_is_not_ours(peer, forwarded, expected):
    assert client_address(peer, forwarded, PROXIES) == expected


@given(st.text(), st.ip_addresses(v=4).map(str))
def test_a_client_can_not_choose_its_address(sent, real):
    if any(part in real for part in ("10.", "192.0.2.7")):
        return
    assert client_address("10.1.1.1", f"{sent}, {real}", PROXIES) == real


def test_without_proxies_the_peer_is_the_client():
    assert client_address("10.1.1.1", "1.1.1.1", ()) == "10.1.1.1"


def test_networks_refuse_what_is_none():
    with pytest.raises(ValueError, match=r"proxy\.example"):
        networks("10.0.0.0/8, proxy.example")


def test_one_ipv6_customer_is_one_caller():
    assert rate_key("2001:db8:1:2:3::4") == rate_key("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert rate_key("2001:db8:1:3::1") != rate_key("2001:db8:1:2::1")
    assert rate_key("198.51.100.1") == rate_key("::ffff:198.51.100.1")
