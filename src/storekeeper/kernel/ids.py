"""Identifiers that sort by the time they were made (UUIDv7, RFC 9562 section 5.7)."""

import secrets
import uuid
from datetime import datetime

_RANDOM_BITS = 74


def new_id(now: datetime) -> str:
    """A fresh UUIDv7 in its 36-character form: 48 bits of milliseconds, 74 random bits."""
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    random = secrets.randbits(_RANDOM_BITS)
    high, low = random >> 62, random & ((1 << 62) - 1)
    return str(uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low))
