"""Whose address a request came from, when some of the hops are proxies of ours."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
_ONE_HOUSEHOLD = 64  # a network of this length is what one IPv6 customer gets, so it counts as one caller


def networks(text: str) -> tuple[Network, ...]:
    """`"10.0.0.0/8, 192.0.2.7"`. Raises ValueError naming what is not an address or network."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The rightmost hop of `X-Forwarded-For` that is not a trusted proxy, if the peer itself is one.

    What stands further left was written by the client and proves nothing.
    """
    address = peer
    for hop in [*reversed(forwarded_for.split(",")), ""]:
        known = _parsed(address)
        if known is None or not any(known in network for network in trusted):
            return address
        following = _parsed(hop.strip())
        if following is None:
            return address
        address = str(following)
    return address


def rate_key(address: str) -> str:
    """What is counted as one caller: an IPv4 address, or the /64 network of an IPv6 address."""
    known = _parsed(address)
    if isinstance(known, IPv6Address):
        return str(ip_network((known, _ONE_HOUSEHOLD), strict=False))
    return str(known or address)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
