"""Where to cut a shard that nobody knows the end of: near the middle of the keys that are still ahead of it.

A cut is right wherever it is made; here it is only made well, with few questions. What was listed so far tells where
names differ: from `origin` to `position` they changed at one place first. The search asks whether later keys differ
there too, or at a higher place, and then for a character in the middle of those that may follow.
"""

from collections.abc import Generator
from string import ascii_lowercase, ascii_uppercase, digits

HIGHEST = "~"  # of the characters that names are made of in practice
_FAMILIES = (digits, ascii_lowercase, ascii_uppercase)

Search = Generator[str, str | None, str | None]


def find_cut(prefix: str, origin: str, position: str, until: str) -> Search:
    """Yields points, is sent the first key after each (None when there is none up to `until`), returns the cut.

    The cut is after `position` and before `until`; None when there seems to be too little ahead.
    """
    place, found = yield from _difference(len(prefix), max(len(prefix), _shared(origin, position)), position)
    if not found:
        return None
    stem = position[:place]
    if found.startswith(stem) and found[place] <= HIGHEST:
        point = yield from _middle(stem, position[place], found[place])
    else:
        point = position[: place + 1] + HIGHEST
    return point if point > position and (not until or point < until) else None


def _difference(first: int, guess: int, position: str) -> Generator[str, str | None, tuple[int, str]]:
    """The highest place, not before `first`, at which a later key is greater than the position, and such a key.

    Looked for upward from the guess, else downward by halves.
    """
    best = ""
    while guess >= first and guess < len(position) and (found := (yield position[: guess + 1] + HIGHEST)):
        guess, best = guess - 1, found
    if best:
        return guess + 1, best
    low, high = guess + 1, len(position)
    while low < high:
        middle = (low + high) // 2
        if found := (yield position[: middle + 1] + HIGHEST):
            high, best = middle, found
        else:
            low = middle + 1
    return low, best


def _shared(left: str, right: str) -> int:
    """How many characters two names have in common at their start."""
    return next(
        (at for at, (one, other) in enumerate(zip(left, right, strict=False)) if one != other),
        min(len(left), len(right)),
    )


def _middle(stem: str, here: str, later: str) -> Generator[str, str | None, str]:
    """A point with keys after it, halfway from the character here to the last of the family of the later one."""
    low, middle = ord(later), (ord(here) + ord(_last_of_family(later)) + 1) // 2
    while middle > low:
        found = yield stem + chr(middle)
        if found and found.startswith(stem):
            return stem + chr(middle)
        middle = (low + middle - 1) // 2
    return stem + later


def _last_of_family(character: str) -> str:
    return next((family[-1] for family in _FAMILIES if character in family), HIGHEST)
