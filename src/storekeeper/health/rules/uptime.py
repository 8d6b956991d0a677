"""How much of each day a bucket was up, from the changes of its status."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import zip_longest

from storekeeper.health.model import DayUptime, ErrorBudget, Status, StatusChange

OBJECTIVE = 0.999
_DAY = timedelta(days=1)


def by_day(changes: Sequence[StatusChange], since: date, now: datetime) -> list[DayUptime]:
    """A row for each day from `since` to now, from changes in order of time.

    The last change before `since` should be among them; before the first one, nothing is known.
    """
    spans = list(_spans(changes, now))
    count = (now.astimezone(UTC).date() - since).days + 1
    return [_day(since + number * _DAY, spans, now) for number in range(max(count, 0))]


def share_up(days: Iterable[DayUptime]) -> float | None:
    """Of the time that is known: healthy or degraded, 0…1."""
    up = down = 0.0
    for day in days:
        up, down = up + day.healthy + day.degraded, down + day.unhealthy
    return up / (up + down) if up + down else None


def budget(days: Iterable[DayUptime], objective: float = OBJECTIVE) -> ErrorBudget:
    """What the objective allows of the known time, and what of it is spent."""
    known = spent = 0.0
    for day in days:
        known, spent = known + day.healthy + day.degraded + day.unhealthy, spent + day.unhealthy
    allowed = known * (1 - objective)
    return ErrorBudget(
        objective=objective,
        allowed_seconds=allowed,
        spent_seconds=spent,
        left=1 - spent / allowed if allowed else 1.0,
    )


def _spans(changes: Sequence[StatusChange], now: datetime) -> Iterable[tuple[datetime, datetime, Status]]:
    for change, following in zip_longest(changes, changes[1:]):
        end = following.at if following else now
        if change.at < end:
            yield change.at, min(end, now), change.after


def _day(day: date, spans: Sequence[tuple[datetime, datetime, Status]], now: datetime) -> DayUptime:
    begin = datetime.combine(day, time.min, UTC)
    end = min(begin + _DAY, now)
    seconds = dict.fromkeys(Status, 0.0)
    for since, until, status in spans:
        overlap = (min(until, end) - max(since, begin)).total_seconds()
        seconds[status] += max(overlap, 0.0)
    known = sum(seconds.values()) - seconds[Status.UNKNOWN]
    whole = max((end - begin).total_seconds(), 0.0)
    up = seconds[Status.HEALTHY] + seconds[Status.DEGRADED]
    return DayUptime(
        day=day,
        healthy=seconds[Status.HEALTHY],
        degraded=seconds[Status.DEGRADED],
        unhealthy=seconds[Status.UNHEALTHY],
        unknown=max(whole - known, 0.0),
        uptime=up / known if known else None,
    )
