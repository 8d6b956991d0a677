"""How far a scan is, measured against the previous snapshot."""

from typing import NamedTuple

NEVER_MORE = 10_000_000_000


class Progress(NamedTuple):
    objects_per_second: float | None
    seconds_left: float | None
    fraction: float | None


def progress(objects: int, *, since_start: int, seconds: float, expected: int | None) -> Progress:
    """`since_start` of the objects were listed in the last `seconds`.

    A scan that outgrows what was expected has no known end.
    """
    rate = since_start / seconds if seconds > 0 else None
    if not expected or objects > expected:
        return Progress(rate, None, None)
    left = (expected - objects) / rate if rate else None
    return Progress(rate, left, objects / expected)


def most_objects(previous: int | None) -> int:
    """More than this is not a bucket that grew, but a listing that does not end."""
    return NEVER_MORE if previous is None else 100_000_000 + 100 * previous
