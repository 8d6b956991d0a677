"""Where to cut a shard that nobody knows the end of: in the middle of the keys that are still ahead of it.

A cut is right wherever it is made; here it is only made well. The search asks the store a dozen times for the one key
after a given point: first for the highest place at which later keys differ from the present position, then for the
greatest character at that place.
"""

from collections.abc import Generator

HIGHEST = "~"  # of the characters that names are made of in practice
_ASCII_END = ord(HIGHEST) + 1

Search = Generator[str, str | None, str | None]


def find_cut(prefix: str, position: str, until: str) -> Search:
    """Yields points, is sent the first key after each (None when there is none up to `until`), returns the cut.

    The cut is after `position` and before `until`; None when there seems to be too little ahead.
    """
    place, found = yield from _highest_difference(prefix, position)
    if not found:
        return None
    stem = position[:place]
    if not found.startswith(stem) or ord(found[place]) >= _ASCII_END:
        return _inside(position[: place + 1] + HIGHEST, position, until)
    greatest = yield from _greatest_character(stem, ord(found[place]))
    middle = (ord(position[place]) + greatest + 1) // 2
    return _inside(stem + chr(middle), position, until)


def _highest_difference(prefix: str, position: str) -> Generator[str, str | None, tuple[int, str]]:
    low, high, best = len(prefix), len(position), ""
    while low < high:
        middle = (low + high) // 2
        found = yield position[: middle + 1] + HIGHEST
        if found:
            high, best = middle, found
        else:
            low = middle + 1
    return low, best


def _greatest_character(stem: str, known: int) -> Generator[str, str | None, int]:
    low, high = known, _ASCII_END
    while high - low > 1:
        middle = (low + high) // 2
        found = yield stem + chr(middle)
        if not found:
            high = middle
        elif found.startswith(stem) and ord(found[len(stem)]) < _ASCII_END:
            low = max(middle, ord(found[len(stem)]))
        else:
            low = high - 1
    return low


def _inside(point: str, position: str, until: str) -> str | None:
    return point if point > position and (not until or point < until) else None
