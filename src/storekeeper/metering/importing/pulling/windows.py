"""Which hours to ask a provider for: from a while before where the last pull ended, for late figures, up to the last full hour."""

from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LATE = timedelta(hours=3)  # figures settle in that time


def hours(cursor: str, now: datetime, *, first: timedelta, longest: timedelta) -> tuple[datetime, datetime]:
    """Start and end, whole hours. Without a cursor it begins `first` ago; it is never longer than `longest`."""
    until = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    since = datetime.fromisoformat(cursor) - LATE if cursor else until - first
    since = max(since, until - longest)
    return min(since, until - HOUR), until


def written(moment: datetime) -> str:
    """RFC 3339 to the second, with Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
