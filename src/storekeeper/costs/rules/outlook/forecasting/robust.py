"""Statistics that a few wild values do not move. Pure Python: what is looked at are some dozens of days."""

import math
from collections.abc import Sequence
from itertools import pairwise

_TO_SIGMA = 1.4826  # the median absolute deviation of a normal distribution, as its standard deviation
MEDIAN_ERROR = 1.2533  # standard error of a median, over that of a mean: sqrt(pi / 2)


def median(values: Sequence[float]) -> float:
    """Raises IndexError when there is no value."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def deviation(values: Sequence[float]) -> float:
    """The standard deviation by the median absolute deviation."""
    center = median(values)
    return _TO_SIGMA * median([abs(value - center) for value in values])


def scatter(values: Sequence[float]) -> float:
    """The sum of deviations from the median."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return sum(ordered[len(ordered) - half :]) - sum(ordered[:half])


def noise(values: Sequence[float]) -> float:
    """The standard deviation around whatever slow course they have, by the differences of neighbors."""
    if len(values) < 2:
        return 0.0
    return _TO_SIGMA * median([abs(b - a) for a, b in pairwise(values)]) / math.sqrt(2)


def quantile(values: Sequence[float], share: float) -> float:
    """By linear interpolation between the two nearest; beyond the ends, those."""
    ordered = sorted(values)
    place = min(max(share, 0.0), 1.0) * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def slope(times: Sequence[float], values: Sequence[float]) -> float:
    """The median of the slopes between all pairs (Theil and Sen); 0 for less than two."""
    pairs = [
        (values[j] - values[i]) / (times[j] - times[i])
        for i in range(len(times))
        for j in range(i + 1, len(times))
    ]
    return median(pairs) if pairs else 0.0


def winsorized(values: Sequence[float], reach: float) -> list[float]:
    """Values that are further than `reach` from the median are brought back to there."""
    center = median(values)
    return [min(max(value, center - reach), center + reach) for value in values]
