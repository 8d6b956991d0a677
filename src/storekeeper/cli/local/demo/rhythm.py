"""When the demo's applications are busy, and when their storage is in trouble: a day in ten minutes."""

import math

DAY = 600.0  # seconds that a day takes
_TROUBLE = (0.55, 0.60)  # shares of the day between which requests through the proxy go badly
_QUIETEST = 0.08


def pace(seconds: float) -> float:
    """How busy it is, from 0.08 at night to 1, so many seconds after a midnight: peaks at eleven and at eight."""
    hour = seconds % DAY / DAY * 24
    return max(_QUIETEST, _bell(hour, 11, 2.5), 0.8 * _bell(hour, 20, 2.0))


def in_trouble(seconds: float) -> bool:
    """Whether it is that bad hour after one o'clock."""
    begins, ends = _TROUBLE
    return begins <= seconds % DAY / DAY < ends


def _bell(hour: float, peak: float, width: float) -> float:
    return math.exp(-(((hour - peak) / width) ** 2) / 2)
