"""What a month will cost, from the days so far: the expected total, an interval around it, and how both came about."""

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache

from storekeeper.costs.model.outlook import Projection
from storekeeper.costs.rules.outlook.forecasting import monthly
from storekeeper.costs.rules.outlook.forecasting.interval import COVERAGE, Errors, errors
from storekeeper.costs.rules.outlook.forecasting.learning import Course, learn
from storekeeper.costs.rules.outlook.forecasting.season import Day
from storekeeper.costs.rules.outlook.forecasting.telling import (
    NOTHING_LEARNT,
    tell,
    tell_missing,
    tell_repeat,
)

YEAR = timedelta(days=365)
KEPT = 1024  # courses of days, some ten kilobytes each; to learn one takes ten milliseconds


def project(amounts: Mapping[date, int], today: date, elapsed: float = 0.0) -> Projection:
    """The total of today's month, in the unit of `amounts` (nano-units a day; those of a year back count, a day may be missing).

    `elapsed` is the share of today that is over, and the amount of today, if there is one, what that share cost. A day of this
    month that is missing after the first known day is taken to cost what is expected of it; days before the first one cost nothing.
    Days after today, which a clock leaves that was set back, do not count. Raises ValueError for a share outside 0…1.
    """
    if not 0 <= elapsed <= 1:
        raise ValueError(f"the share of a day that is over is between 0 and 1, not {elapsed}")
    first = today.replace(day=1)
    spent = sum(amount for day, amount in amounts.items() if first <= day <= today)
    last = today if elapsed == 1 else today - timedelta(days=1)
    days = [
        (day.toordinal(), float(amount))
        for day, amount in sorted(amounts.items())
        if today - YEAR <= day <= last
    ]
    if not days:
        return _by_pace(spent, amounts.get(today, 0), today, elapsed)
    return _project(days, first, spent, today, elapsed)


def _project(days: Sequence[Day], first: date, spent: int, today: date, elapsed: float) -> Projection:
    shares = _shares(today, elapsed)
    known = {number for number, _ in days}
    begin, end = max(first.toordinal(), days[0][0]), today.toordinal() + (elapsed == 1)
    missing = [number for number in range(begin, end) if number not in known]
    course, repeat, off = _learn(tuple(days), today, max(round(sum(shares)) + len(missing), 1))
    expect = repeat.expect if repeat else course.expect
    ahead = [share * expect(today.toordinal() + number) for number, share in enumerate(shares)]
    rest = sum(expect(number) for number in missing) + sum(ahead)
    total = spent + round(rest)
    return Projection(
        month=first,
        spent=spent,
        total=total,
        low=min(spent + round(rest * off.low), total),
        high=max(spent + round(rest * off.high), total),
        coverage=COVERAGE,
        method=(tell_repeat(repeat) if repeat else tell(course, off)) + tell_missing(len(missing)),
        days=len(days),
        ahead=tuple(round(amount) for amount in ahead),
    )


@lru_cache(KEPT)
def _learn(days: tuple[Day, ...], today: date, ahead: int) -> tuple[Course, monthly.Repeat | None, Errors]:
    """What days that are over teach of so many days ahead: the same until the day is over, or its costs are worked out anew."""
    course, repeat = learn(days), monthly.found(days, today)
    return course, repeat, repeat.errors if repeat else errors(days, course, ahead)


def _shares(today: date, elapsed: float) -> list[float]:
    """What is left of today, and the days to the end of the month."""
    return [1 - elapsed] + [1.0] * (calendar.monthrange(today.year, today.month)[1] - today.day)


def _by_pace(spent: int, of_today: int, today: date, elapsed: float) -> Projection:
    """No whole day is known: today's pace goes on, or ends at once, or doubles."""
    pace = of_today / elapsed if elapsed else 0.0
    ahead = tuple(round(share * pace) for share in _shares(today, elapsed))
    return Projection(
        month=today.replace(day=1),
        spent=spent,
        total=spent + sum(ahead),
        low=spent,
        high=spent + 2 * sum(ahead),
        coverage=COVERAGE,
        method=NOTHING_LEARNT,
        days=0,
        ahead=ahead,
    )
