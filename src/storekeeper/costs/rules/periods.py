"""Which sheet holds on a day, how old it is, and how many hours a billed month has."""

import calendar
import re
from collections.abc import Iterable
from datetime import date, timedelta

from storekeeper.costs.model import Period, Sheet
from storekeeper.costs.model.report import MonthError

STALE_AFTER = timedelta(days=180)
_THIRTY_DAYS = 30 * 24
_MONTH = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])", re.ASCII)


def month_of(name: str) -> date:
    """The first day of a month such as `2026-11`. Raises MonthError."""
    if not _MONTH.fullmatch(name):
        raise MonthError(f"{name!r} is not a month of this century.", hint="Write it as 2026-11.")
    return date(int(name[:4]), int(name[5:]), 1)


def in_force(sheets: Iterable[Sheet], day: date) -> Sheet | None:
    """Of the sheets of one provider and region, the one with the latest beginning that holds on that day."""
    holding = [sheet for sheet in sheets if _holds(sheet, day)]
    return max(holding, key=lambda sheet: sheet.effective_from or date.min, default=None)


def is_stale(sheet: Sheet, today: date) -> bool:
    """Whether its prices were read more than 180 days ago."""
    return today - sheet.read > STALE_AFTER


def month_hours(day: date) -> int:
    """Hours (UTC) of the month of that day: 672 to 744."""
    return 24 * calendar.monthrange(day.year, day.month)[1]


def period_hours(period: Period, day: date) -> int:
    """By how many hours byte-hours are divided to get what a price is for."""
    if period is Period.BYTE_HOURS:
        return 1
    return month_hours(day) if period is Period.BYTE_HOURS_MONTH else _THIRTY_DAYS


def allowance_hours(period: Period, day: date) -> int:
    """For how many hours a month's free bytes are free."""
    return month_hours(day) if period is Period.BYTE_HOURS else period_hours(period, day)


def _holds(sheet: Sheet, day: date) -> bool:
    begun = sheet.effective_from is None or sheet.effective_from <= day
    return begun and (sheet.effective_until is None or day < sheet.effective_until)
