"""Argon2id (RFC 9106) in a bounded pool, and passwords made for people who were given none."""

import secrets
import threading
import unicodedata
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from storekeeper.access.model import WeakPasswordError
from storekeeper.access.rules import passwords as rules
from storekeeper.kernel.errors import UnavailableError

MEMORY_KIB = 19 * 1024
_AT_ONCE = 2  # each takes a core and MEMORY_KIB, so that a flood of sign-ins starves nothing else
_PATIENCE_SECONDS = 10
_COMMON = Path(__file__).parent.parent / "common_passwords.txt"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
_GROUPS = 4


class Passwords:
    """Judges, hashes and verifies passwords."""

    def __init__(self, *, time_cost: int = 2, memory_kib: int = MEMORY_KIB) -> None:
        self._argon2 = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._common = frozenset(_COMMON.read_text().split())
        self._nobody = self._argon2.hash(secrets.token_hex(16))

    def accepted(self, password: str, *, email: str, field: str = "password") -> str:
        """The hash to store. Raises WeakPasswordError, which names the field of the form."""
        fault = rules.fault(password, email=email, common=self._common)
        if fault:
            raise WeakPasswordError(fault, errors=[{"key": field, "message": fault}])
        return self.hashed(password)

    def hashed(self, password: str) -> str:
        with _Slot(self._slots):
            return self._argon2.hash(_normalized(password))

    def verify(self, password: str, stored: str | None) -> bool:
        """Takes as long for an account that does not exist (`stored` is None) as for one that does."""
        if len(password) > rules.LONGEST:
            return False
        with _Slot(self._slots):
            try:
                matches = self._argon2.verify(stored or self._nobody, _normalized(password))
            except (VerificationError, InvalidHashError):
                return False
        return matches and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether it was made under other parameters than are in force now."""
        return self._argon2.check_needs_rehash(stored)


class _Slot:
    """Waits for a place in the pool. Raises UnavailableError when none gets free in time."""

    def __init__(self, slots: threading.BoundedSemaphore) -> None:
        self._slots = slots

    def __enter__(self) -> None:
        if not self._slots.acquire(timeout=_PATIENCE_SECONDS):
            raise UnavailableError("Too many sign-ins at once.", hint="Try again in a moment.", retry_after=5)

    def __exit__(self, *_: object) -> None:
        self._slots.release()


def made_up() -> str:
    """A password of 79 random bits that can be read out on the phone: `k7pd-9xqf-m2ha-wz4c`."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(_GROUPS))


def _normalized(password: str) -> str:
    """The same bytes whatever keyboard composed the accents."""
    return unicodedata.normalize("NFKC", password)
