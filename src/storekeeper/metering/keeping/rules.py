"""Pure decisions about how long things are kept."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from storekeeper.metering.keeping.model import Days, Retention, TooManyDaysError

MOST_DAYS = 366
RESTORED_FOR = timedelta(days=7)


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
