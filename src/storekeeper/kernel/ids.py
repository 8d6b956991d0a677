"""Identifiers that sort by the time they were made (UUIDv7, RFC 9562 section 5.7)."""

import secrets
import threading
import uuid
from datetime import datetime

_RANDOM_BITS = 74
_lock = threading.Lock()
_last = (0, 0)  # milliseconds and random bits of the newest id


def new_id(now: datetime) -> str:
    """A fresh UUIDv7 in its 36-character form: 48 bits of milliseconds, 74 random bits.

    Ids of one process made in the same millisecond sort in the order they were made (RFC 9562 section 6.2, method 2).
    """
    global _last  # noqa: PLW0603 - the order holds over the whole process
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    with _lock:
        if milliseconds == _last[0]:
            random = _last[1] + 1 + secrets.randbits(32)
        else:
            random = secrets.randbits(_RANDOM_BITS - 1)  # room to count up
        _last = (milliseconds, random)
    high, low = random >> 62, random & ((1 << 62) - 1)
    return str(uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low))
