"""Months that all go alike, such as ones that begin with what is free: then the last one tells more than the last days do."""

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from storekeeper.costs.rules.outlook.forecasting.interval import Errors
from storekeeper.costs.rules.outlook.forecasting.learning import learn
from storekeeper.costs.rules.outlook.forecasting.season import Day

_MONTHS = 6  # that are looked at
_LEAST = 2
_WORTH = 0.1  # of the amount; a smaller error of the usual way is none to mend
_BETTER = 0.5  # of that error are left, in each month
_WIDER = 1.5
_DOUBT = 0.1  # of the amount: so few months can not say that they always go alike
_KNOWN = 0.9  # of a month's days


class Repeat(NamedTuple):
    """The last whole month, by day of the month; and how far off repeating the month before was, in so many months."""

    amounts: Mapping[int, float]
    errors: Errors

    def expect(self, number: int) -> float:
        """The amount of the same day, or, where it is not known, of the one before."""
        day = date.fromordinal(number).day
        return next((self.amounts[one] for one in range(day, 0, -1) if one in self.amounts), 0.0)


class _Trial(NamedTuple):
    """What the rest of a month came to, by the month before it, and by the usual way."""

    rest: float
    repeated: float
    usual: float


def found(days: Sequence[Day], today: date) -> Repeat | None:
    """A month to repeat, if from the same day on that was much better than the usual way in each of two months or more."""
    known = dict(days)
    last = month = _before(today.replace(day=1))
    trials: list[_Trial] = []
    while len(trials) < _MONTHS and (trial := _trial(days, known, month, today.day)):
        if not _is_better(trial):
            return None
        trials.append(trial)
        month = _before(month)
    if len(trials) < _LEAST:
        return None
    off = _WIDER * max(abs(trial.repeated - trial.rest) / trial.rest for trial in trials) + _DOUBT
    return Repeat(_amounts(known, last), Errors(max(1 - off, 0.0), 1 + off, len(trials)))


def _is_better(trial: _Trial) -> bool:
    usual, repeated = abs(trial.usual - trial.rest), abs(trial.repeated - trial.rest)
    return trial.rest > 0 and usual > _WORTH * trial.rest and repeated < _BETTER * usual


def _trial(days: Sequence[Day], known: Mapping[int, float], month: date, day: int) -> _Trial | None:
    """None unless that month and the one before it are known."""
    amounts, before = _amounts(known, month), _amounts(known, _before(month))
    if not amounts or not before:
        return None
    begin = month.toordinal() + day - 1
    learnt = [one for one in days if one[0] < begin]
    course, repeat = learn(learnt), Repeat(before, Errors(1, 1, 0))
    rest = [month.toordinal() + one - 1 for one in amounts if one >= day]
    return _Trial(
        sum(known[number] for number in rest),
        sum(repeat.expect(number) for number in rest),
        sum(course.expect(number) for number in rest),
    )


def _amounts(known: Mapping[int, float], month: date) -> dict[int, float]:
    """Those of a month by day; empty when too few are known."""
    length = calendar.monthrange(month.year, month.month)[1]
    first = month.toordinal()
    of_month = {
        number - first + 1: known[number] for number in range(first, first + length) if number in known
    }
    return of_month if len(of_month) >= _KNOWN * length else {}


def _before(month: date) -> date:
    return (month - timedelta(1)).replace(day=1)
