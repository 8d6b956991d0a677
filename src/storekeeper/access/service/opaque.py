"""Secrets that machines carry: 256 random bits, of which only the SHA-256 is stored.

A fast hash is enough for them: unlike a password, nobody can guess 256 bits.
"""

import hashlib
import secrets

_BYTES = 32


def fresh() -> str:
    """43 characters that are safe in headers, cookies and URLs."""
    return secrets.token_urlsafe(_BYTES)


def digest(secret: str) -> str:
    """What is stored and looked up: 64 hex digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compares in constant time."""
    return secrets.compare_digest(left.encode(), right.encode())
