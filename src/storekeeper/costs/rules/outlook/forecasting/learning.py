"""What days of the past make of the days to come: a level, a trend that dies away, days of the week, and bursts now and then."""

from collections.abc import Sequence
from typing import NamedTuple

from storekeeper.costs.rules.outlook.forecasting import shift
from storekeeper.costs.rules.outlook.forecasting.robust import (
    MEDIAN_ERROR,
    deviation,
    median,
    noise,
    slope,
    winsorized,
)
from storekeeper.costs.rules.outlook.forecasting.season import Day, weekly

WINDOW = 28  # days that the level and its trend are learnt from
BURSTS = 180  # days that bursts are counted in
_BURSTS_AT_LEAST = 60  # over so many days a burst is spread, however few there are
_REACH = 2.5  # standard deviations from which on a day is a burst
_ALIKE = 1e-9  # of the amount
_MOST = 0.8  # of the days
_TREND_AT_LEAST = 14  # days
_DAMPING = 0.97  # what is left of the trend after each day
_HALF_LIFE = 21.0  # days after which a day counts half


class Course(NamedTuple):
    """The level after the day `last`, in amount a day, and what it changes by.

    `surplus` is what bursts add on average, as a share of the level; `spread` the standard deviation of a day.
    """

    last: int
    level: float
    trend: float
    season: tuple[float, ...]
    surplus: float
    spread: float
    days: int
    recent: int  # of them, which the level is learnt from
    shifted: int | None  # the day since which there is a new level

    def expect(self, number: int) -> float:
        """The amount of a day; never negative."""
        ahead = max(number - self.last, 0)
        trend = self.trend * _DAMPING * (1 - _DAMPING**ahead) / (1 - _DAMPING)
        return max(self.level + trend, 0.0) * self.season[number % 7] * (1 + self.surplus)


def learn(days: Sequence[Day]) -> Course:
    """The course of days in order. Raises IndexError when there is none."""
    days = days[-BURSTS:]
    around = surroundings([amount for _, amount in days])
    season = weekly(days, around)
    plain = [amount / season[number % 7] if season[number % 7] > 0 else amount for number, amount in days]
    numbers = [number for number, _ in days]
    since = shift.found(numbers, plain)
    begin = len(days) - WINDOW if since is None else since
    recent, times = plain[max(begin, 0) :], numbers[max(begin, 0) :]
    level, trend, spread = _line(times, recent)
    return Course(
        last=numbers[-1],
        level=level,
        trend=trend,
        season=season,
        surplus=_surplus(plain, around),
        spread=spread,
        days=len(days),
        recent=len(recent),
        shifted=None if since is None else numbers[since],
    )


def surroundings(amounts: Sequence[float]) -> list[float]:
    """The median of the week around each day."""
    return [median(amounts[max(at - 3, 0) : at + 4]) for at in range(len(amounts))]


def _line(times: Sequence[int], amounts: Sequence[float]) -> tuple[float, float, float]:
    """Level at the last day, trend a day, standard deviation of a day. Bursts are brought back, days long ago count less."""
    trend = _trend(times, amounts)
    flat = [amount - trend * (time - times[-1]) for time, amount in zip(times, amounts, strict=True)]
    spread = deviation(flat)
    if spread == 0:
        level, spread = _usual(flat)
        return level, trend, spread
    weights = [0.5 ** ((times[-1] - time) / _HALF_LIFE) for time in times]
    held = winsorized(flat, _REACH * spread)
    level = sum(weight * amount for weight, amount in zip(weights, held, strict=True)) / sum(weights)
    return level, trend, spread


def _usual(amounts: Sequence[float]) -> tuple[float, float]:
    """The level and what days differ by, where more than half are alike: that of those, or, if others are many, the mean.

    The largest is left out of the mean: it may be the only one ever.
    """
    center = median(amounts)
    alike = sum(abs(amount - center) <= _ALIKE * center for amount in amounts)
    if center > 0 and alike >= _MOST * len(amounts):
        return center, 0.0
    mean = sum(sorted(amounts)[:-1]) / len(amounts)
    return mean, (sum((amount - mean) ** 2 for amount in amounts) / len(amounts)) ** 0.5


def _trend(times: Sequence[int], amounts: Sequence[float]) -> float:
    """The slope, less what noise alone would make of it."""
    if len(times) < _TREND_AT_LEAST:
        return 0.0
    found = slope(times, amounts)
    middle = sum(times) / len(times)
    error = MEDIAN_ERROR * noise(amounts) / sum((time - middle) ** 2 for time in times) ** 0.5
    return found * max(1 - (error / found) ** 2, 0.0) if found else 0.0


def _surplus(amounts: Sequence[float], around: Sequence[float]) -> float:
    """What bursts added on average, as a share of the level around each. The largest is left out: it may be the only one ever."""
    ratios = [amount / level for amount, level in zip(amounts, around, strict=True) if level > 0]
    if not ratios:
        return 0.0
    bound = 1 + _REACH * deviation(ratios)
    excess = sorted(ratio - bound for ratio in ratios if ratio > bound)
    return sum(excess[:-1]) / max(len(ratios), _BURSTS_AT_LEAST)
