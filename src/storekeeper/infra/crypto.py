"""Sealing of secrets at rest: key-encryption key -> data key -> AES-256-GCM per field.

Each field is bound to its table, row and column as associated data: a sealed value copied to another place does not
open. The format is `v1.<key id>.<nonce ‖ ciphertext>`, base64url without padding.
"""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storekeeper.kernel.errors import StorekeeperError

_VERSION = "v1"
_NONCE_BYTES = 12


class SealBrokenError(StorekeeperError):
    """A sealed secret does not open: another encryption key is in force, or the stored value was changed."""

    slug, title, status = "seal-broken", "A stored secret can not be opened", 500


class Sealer:
    """Seals and opens fields. Key material: 32 bytes or more of text; the field key is derived from it by HKDF."""

    def __init__(self, encryption_key: str) -> None:
        material = encryption_key.encode()
        self.key_id = hashlib.sha256(b"storekeeper key id" + material).hexdigest()[:8]
        key = HKDF(SHA256(), 32, salt=None, info=b"storekeeper field sealing").derive(material)
        self._cipher = AESGCM(key)

    def seal(self, plaintext: str, *, table: str, row: str, column: str) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, plaintext.encode(), _place(table, row, column))
        return f"{_VERSION}.{self.key_id}.{_encode(sealed)}"

    def open(self, sealed: str, *, table: str, row: str, column: str) -> str:
        """Raises SealBrokenError; the message never holds the value."""
        version, _, rest = sealed.partition(".")
        key_id, _, body = rest.partition(".")
        if version != _VERSION or key_id != self.key_id:
            raise SealBrokenError(
                f"{table}.{column} was sealed with key {key_id or '?'}, the key in force is {self.key_id}.",
                hint="Start with the encryption key that sealed it, or enter the secret again.",
            )
        raw = _decode(body)
        try:
            opened = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _place(table, row, column))
        except InvalidTag:
            raise SealBrokenError(
                f"{table}.{column} was changed after it was sealed.", hint="Enter the secret again."
            ) from None
        return opened.decode()


def derive(secret_key: str, purpose: str) -> bytes:
    """A 32-byte key for one purpose, so that no key signs two kinds of thing."""
    return hmac.digest(secret_key.encode(), purpose.encode(), "sha256")


def _place(table: str, row: str, column: str) -> bytes:
    return f"{table}\x00{row}\x00{column}".encode()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
