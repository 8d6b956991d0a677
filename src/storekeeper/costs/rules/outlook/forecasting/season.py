"""The days of the week: by how much each differs from the week around it."""

from collections import defaultdict
from collections.abc import Sequence

from storekeeper.costs.rules.outlook.forecasting.robust import MEDIAN_ERROR, deviation, median

LEAST_DAYS = 21
_WEEKS = 12
_NONE = (1.0,) * 7

Day = tuple[int, float]  # its number (`date.toordinal`) and its amount


def weekly(days: Sequence[Day], around: Sequence[float]) -> tuple[float, ...]:
    """Seven factors with a mean of 1, by number modulo 7; all 1 before there are three weeks.

    `around` is the level about each day. The factors are drawn toward 1 by as much as noise alone would have moved them.
    """
    if len(days) < LEAST_DAYS:
        return _NONE
    by_weekday: dict[int, list[float]] = defaultdict(list)
    for (number, amount), level in list(zip(days, around, strict=True))[-7 * _WEEKS :]:
        if level > 0:
            by_weekday[number % 7].append(amount / level)
    if len(by_weekday) < 7 or min(len(ratios) for ratios in by_weekday.values()) < 2:
        return _NONE
    return _shrunk([by_weekday[weekday] for weekday in range(7)])


def _shrunk(ratios: Sequence[Sequence[float]]) -> tuple[float, ...]:
    factors = [median(of_weekday) for of_weekday in ratios]
    mean = sum(factors) / 7
    if mean <= 0:
        return _NONE
    spread = sum((factor - mean) ** 2 for factor in factors) / 6
    residuals = [ratio - factor for of_day, factor in zip(ratios, factors, strict=True) for ratio in of_day]
    each = sum(len(of_weekday) for of_weekday in ratios) / 7
    by_noise = (MEDIAN_ERROR * deviation(residuals)) ** 2 / each
    kept = max(1 - by_noise / spread, 0.0) if spread > 0 else 0.0
    return tuple(1 + (factor / mean - 1) * kept for factor in factors)
