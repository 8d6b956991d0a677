"""Proof that a round was planned here, and for whom."""

import base64
import binascii
import hmac

import msgspec

from storekeeper.objectstore.probing import ProbeOperation

_MAC_BYTES = 16


class Ticket(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A round that was planned. `vantage` is the id of an API key, `at` in milliseconds since 1970."""

    round: str
    vantage: str
    bucket_id: str
    at: int
    operations: tuple[ProbeOperation, ...]


def issued(ticket: Ticket, key: bytes) -> str:
    """In one word."""
    body = msgspec.msgpack.encode(ticket)
    return base64.urlsafe_b64encode(_mac(body, key) + body).decode()


def presented(word: str, key: bytes) -> Ticket | None:
    """The ticket that was issued under this key; None for everything else."""
    try:
        raw = base64.urlsafe_b64decode(word.encode())
    except (binascii.Error, UnicodeEncodeError):
        return None
    mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(body, key)):
        return None
    return msgspec.msgpack.decode(body, type=Ticket)


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")[:_MAC_BYTES]
