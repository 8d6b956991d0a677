"""Pure decisions about how long things are kept."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from storekeeper.metering.keeping.model import Days, Retention, TooManyDaysError
from storekeeper.metering.reckoning import EIGHTH_DAYS, eighth_of

MOST_DAYS = 366
RESTORED_FOR = timedelta(days=7)
HOURS_KEPT = timedelta(days=5)  # owners' sums: for ranges of less than two days, and those before them
FIRST_EIGHTH = 2  # what hours of a month's first eighth are numbered by, as the table is partitioned


def expired_days(
    days: Iterable[date], guests: Mapping[date, datetime], retention: Retention, now: datetime
) -> list[date]:
    """Days all of whose operations are older than they are kept, oldest first. Restored days are kept as promised."""
    first_kept = (now - timedelta(days=retention.raw_days)).date()
    return sorted(day for day in days if day < first_kept and guests.get(day, now) <= now)


def expired_months(months: Iterable[str], retention: Retention, now: datetime) -> list[str]:
    """Months, or parts of them (`202611`, `202611-0`), all of whose sums are older than they are kept: sums go by whole months."""
    first_kept = (now - timedelta(days=retention.sums_days)).strftime("%Y%m")
    return sorted(month for month in months if month < first_kept)


def expired_hours(parts: Iterable[str], now: datetime) -> list[str]:
    """Parts of months (`202611-2` has the hours from the 1st to the 4th, …, `202611-9` from the 29th on) that are older than hours are asked for."""
    first_kept = (now - HOURS_KEPT).date()
    return sorted(part for part in parts if (end := _end_of_hours(part)) and end <= first_kept)


def _end_of_hours(part: str) -> date | None:
    """The day after the last of a part that has hours."""
    month, _, number = part.partition("-")
    if not number or (eighth := int(number) - FIRST_EIGHTH) < 0:
        return None
    first = date(int(month[:4]), int(month[4:]), 1)
    return eighth_of(first + timedelta(days=eighth * EIGHTH_DAYS))[1]


def each_day(days: Days) -> list[date]:
    """Raises TooManyDaysError."""
    count = (days.until - days.since).days + 1
    if not 1 <= count <= MOST_DAYS:
        raise TooManyDaysError(f"From {days.since} to {days.until} are {count} days, not 1 to {MOST_DAYS}.")
    return [days.since + timedelta(days=number) for number in range(count)]


def may_rebuild(found: int, counted: int, *, force: bool) -> bool:
    """Sums are only replaced when nothing would be lost: they know of no operation that is not at hand."""
    return found > 0 and (force or found >= counted)


def slices(operations: int, most: int) -> int:
    """Into how many equal spans a day is cut so that each holds about `most` operations."""
    return max(1, -(-operations // most))
