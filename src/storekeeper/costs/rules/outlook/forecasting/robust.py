"""Statistics that a few wild values do not move. Pure Python: what is looked at are some dozens of days."""

import math
from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise

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
    return _scatter(sorted(values))


def scatters(values: Iterable[float]) -> Iterator[float]:
    """The scatter of the first value, of the first two, and so on."""
    ordered: list[float] = []
    for value in values:
        insort(ordered, value)
        yield _scatter(ordered)


def _scatter(ordered: Sequence[float]) -> float:
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
    points = combinations(zip(times, values, strict=True), 2)
    pairs = [(after - before) / (end - begin) for (begin, before), (end, after) in points]
    return median(pairs) if pairs else 0.0


def winsorized(values: Sequence[float], reach: float) -> list[float]:
    """Values that are further than `reach` from the median are brought back to there."""
    center = median(values)
    return [min(max(value, center - reach), center + reach) for value in values]
