"""Internet addresses: which of them the server must not speak to for others. Nothing is resolved or connected to."""

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

METADATA_NAMES = frozenset({"metadata.google.internal", "metadata.goog", "metadata", "instance-data"})
_METADATA_ADDRESSES = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",
        "fd00:ec2::254",  # AWS over IPv6
        "fd20:ce::254",  # Google over IPv6
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "168.63.129.16",  # Azure
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")  # all of IPv6 that is given out for the open internet
_COMPATIBLE = ipaddress.ip_network("::/96")


def forbidden(address: Address) -> str:
    """What it is, in words, where nobody may have the server speak to it, however it is wrapped; else empty."""
    for inner in _unwrapped(address):
        if inner in _METADATA_ADDRESSES:
            return "a cloud metadata service"
        if inner.is_link_local:
            return "a link-local address"
        if inner.is_multicast:
            return "a multicast address"
    return ""


def internal(address: Address) -> str:
    """What it is, in words, where it does not lead to the open internet, however it is wrapped; else empty."""
    for inner in _unwrapped(address):
        if inner.is_loopback:
            return "a loopback address"
        if not inner.is_global or not _is_unicast(inner):
            return "not an address of the open internet"
    return ""


def _is_unicast(address: Address) -> bool:
    return isinstance(address, ipaddress.IPv4Address) or address in _UNICAST or address in _NAT64


def _unwrapped(address: Address) -> Iterable[Address]:
    """The address and the IPv4 addresses that an IPv6 one leads to."""
    yield address
    if not isinstance(address, ipaddress.IPv6Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address in _NAT64 or address in _COMPATIBLE:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
