"""How far a course can be off: by what it would have got wrong before, or, with few days, by how much days differ."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from storekeeper.costs.rules.outlook.forecasting.learning import Course, learn
from storekeeper.costs.rules.outlook.forecasting.robust import MEDIAN_ERROR, quantile
from storekeeper.costs.rules.outlook.forecasting.season import Day

COVERAGE = 0.8
ENOUGH = 8  # trials
_TRIALS = 20
_BEFORE = 14  # days that a trial learns from, at least
_SIGMAS = 1.2816  # of a normal distribution that hold 80 %
_WIDER = 1.3  # trials overlap and share days: they differ less than months do
_FEW = 7  # days
_DOUBT = 0.35  # of the expected amount, for a level that has been seen for a week


class Errors(NamedTuple):
    """Factors on the expected amount between which the true one is in 80 of 100 cases; from so many trials, if from any."""

    low: float
    high: float
    trials: int


def errors(days: Sequence[Day], course: Course, ahead: int) -> Errors:
    """For the sum of the next `ahead` days."""
    ratios = _trials(days, ahead)
    if len(ratios) < ENOUGH:
        return _by_spread(course, ahead)
    tail = (1 - COVERAGE) / 2
    low, high = quantile(ratios, tail), quantile(ratios, 1 - tail)
    return Errors(max(1 - (1 - low) * _WIDER, 0.0), 1 + (high - 1) * _WIDER, len(ratios))


def _trials(days: Sequence[Day], ahead: int) -> list[float]:
    """What came over what was expected, for days in the past at which as many days were known of what followed."""
    known = dict(days)
    last = days[-1][0] - ahead
    origins = [at for at, (number, _) in enumerate(days) if at >= _BEFORE and number <= last]
    stride = max(-(-len(origins) // _TRIALS), 1)
    found = (_trial(days[: at + 1], known, ahead) for at in origins[::-1][::stride])
    return [ratio for ratio in found if ratio is not None]


def _trial(days: Sequence[Day], known: Mapping[int, float], ahead: int) -> float | None:
    course = learn(days)
    following = [number for number in range(course.last + 1, course.last + ahead + 1) if number in known]
    expected = sum(course.expect(number) for number in following)
    return sum(known[number] for number in following) / expected if expected > 0 else None


def _by_spread(course: Course, ahead: int) -> Errors:
    """The noise of the days, that of the level learnt from them, and doubt that shrinks with the days known."""
    expected = sum(course.expect(course.last + day) for day in range(1, ahead + 1))
    if expected <= 0:
        return Errors(1.0, 1.0, 0)
    noise = course.spread * (ahead + (MEDIAN_ERROR * ahead) ** 2 / course.days) ** 0.5 / expected
    doubt = _DOUBT * (_FEW / course.days) ** 0.5 * (ahead / 30) ** 0.5
    reach = _SIGMAS * (noise**2 + doubt**2) ** 0.5
    return Errors(max(1 - reach, 0.0), 1 + reach, 0)
