"""Which passwords are refused (NIST SP 800-63B, 3.1.1: length and a list of common ones, no riddles)."""

from collections.abc import Set as AbstractSet

SHORTEST = 8
LONGEST = 256
_FEWEST_CHARACTERS = 4


def fault(password: str, *, email: str, common: AbstractSet[str]) -> str:
    """What is wrong with it, in words for its owner; empty when it is fine."""
    if len(password) < SHORTEST:
        return f"Use {SHORTEST} characters or more."
    if len(password) > LONGEST:
        return f"Use {LONGEST} characters or fewer."
    if len(set(password)) < _FEWEST_CHARACTERS:
        return "Use more different characters."
    plain = password.casefold()
    if plain in (email, email.partition("@")[0]):
        return "Do not use your own name."
    if plain in common or _stem(plain) in common:
        return "This is among the first passwords that attackers try. Use another one."
    return ""


def _stem(password: str) -> str:
    """Without the digits and signs that people hang on: `welcome2026!` is `welcome`."""
    stem = password
    while stem and not stem[-1].isalpha():
        stem = stem[:-1]
    return stem
