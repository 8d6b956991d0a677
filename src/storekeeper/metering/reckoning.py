"""Pure rules of reading: which range is read how, what has moved, how cursors and signed links are written."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from storekeeper.kernel.errors import BadInputError
from storekeeper.metering.figures import Filter, Mover, Span, Window
from storekeeper.metering.rules import AHEAD, resolution

HEAT_LIMIT = timedelta(hours=24)
EDGES_MS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR, _QUARTER, _DAY = timedelta(hours=1), timedelta(hours=6), timedelta(days=1)
EIGHTH_DAYS = 4
_LATE = timedelta(minutes=10)  # for as long, most wait until they are sent
_STATUSES = {"": (100, 599), "errors": (400, 599)} | {f"{n}xx": (n * 100, n * 100 + 99) for n in range(1, 6)}


def window(now: datetime, span: timedelta) -> Window:
    """The range of that span up to now, begun at a whole step, and the one before."""
    name, step = resolution(span)
    since = floor(now - span, step)
    steps = -(-span // step)
    return Window(
        before=since - steps * step,
        since=since,
        until=now + AHEAD,
        step=name,
        seconds=int(step.total_seconds()),
    )


def over_at(window: Window) -> datetime:
    """Where the step begins from which on operations may still come that were made some minutes ago; all before it is over."""
    return max(floor(window.until - AHEAD - _LATE, timedelta(seconds=window.seconds)), window.since)


def floor(moment: datetime, step: timedelta) -> datetime:
    """The last whole step at or before a moment, counted in UTC."""
    return moment - (moment - _EPOCH) % step


def eighth_of(day: date) -> tuple[date, date]:
    """The first day of its eighth of a month, and the day after the last: they begin on the 1st, 5th, 9th, …, 29th."""
    number = (day.day - 1) // EIGHTH_DAYS
    first = day.replace(day=1 + number * EIGHTH_DAYS)
    return first, min(first + EIGHTH_DAYS * _DAY, month_of(day)[1])


def month_of(day: date) -> tuple[date, date]:
    """The first day of its month, and the day after the last."""
    first = day.replace(day=1)
    return first, (first + 31 * _DAY).replace(day=1)


def by_hour(moment: datetime) -> Span:
    """The hour that a moment is in."""
    start = floor(moment, _HOUR)
    return Span(start, start + _HOUR)


def by_quarter(moment: datetime) -> Span:
    """The quarter of a day that a moment is in, by UTC."""
    start = floor(moment, _QUARTER)
    return Span(start, start + _QUARTER)


def by_day(moment: datetime) -> Span:
    """The day that a moment is in, by UTC."""
    start = floor(moment, _DAY)
    return Span(start, start + _DAY)


def by_eighth(moment: datetime) -> Span:
    """The eighth of a month that a moment is in, by UTC."""
    return _span(eighth_of(moment.astimezone(UTC).date()))


def by_month(moment: datetime) -> Span:
    """The month that a moment is in, by UTC."""
    return _span(month_of(moment.astimezone(UTC).date()))


# Each is a whole number of those after it.
UNITS: Mapping[str, Callable[[datetime], Span]] = {
    "month": by_month, "eighth": by_eighth, "day": by_day, "quarter": by_quarter, "hour": by_hour
}  # fmt: skip


def cover(span: Span, units: Sequence[str]) -> list[tuple[str, Span]]:
    """A range by the longest of `units` that fit, and by shorter ones at their edges: (unit, whole units of it).

    `units` are in the order of `UNITS`. Where the range does not begin or end with one of the last of them, it does so with the next.
    """
    shortest = UNITS[units[-1]]
    rest = [Span(_next(span.since, shortest), _next(span.until, shortest))]
    found: list[tuple[str, Span]] = []
    for unit in units:
        whole, rest = _split(rest, UNITS[unit])
        found += [(unit, one) for one in whole]
    return found


def _split(spans: Sequence[Span], unit: Callable[[datetime], Span]) -> tuple[list[Span], list[Span]]:
    """What of them whole units make up, and the rest at their edges."""
    inner, rest = [], []
    for span in spans:
        start, last = _next(span.since, unit), unit(span.until).since
        if start < last:
            inner.append(Span(start, last))
            rest += [Span(span.since, start), Span(last, span.until)]
        else:
            rest.append(span)
    return inner, [span for span in rest if span.since < span.until]


def _next(moment: datetime, unit: Callable[[datetime], Span]) -> datetime:
    """Where a unit begins, at or after a moment."""
    found = unit(moment)
    return moment if found.since == moment else found.until


def _span(days: tuple[date, date]) -> Span:
    since, until = (datetime.combine(day, time.min, UTC) for day in days)
    return Span(since, until)


def heat_step(span: timedelta) -> timedelta | None:
    """The width of a column of the heat map: at most a hundred columns; None for a range too long for one."""
    if span > HEAT_LIMIT:
        return None
    return timedelta(minutes=5 if span <= timedelta(hours=6) else 15)


def movers(groups: Mapping[str, Mapping[str, tuple[float, float]]], most: int) -> list[Mover]:
    """The largest changes, up or down. `groups`: by dimension, by name: (requests, requests before)."""
    found = [
        Mover(dimension=dimension, name=name, requests=after, previous_requests=before, change=after - before)
        for dimension, named in groups.items()
        for name, (after, before) in named.items()
        if after != before
    ]
    return sorted(found, key=lambda one: (-abs(one.change), one.dimension, one.name))[:most]


def statuses(text: str) -> tuple[int, int]:
    """From and to of `errors`, a class such as `5xx`, or one status such as `404`. Raises BadInputError."""
    if text in _STATUSES:
        return _STATUSES[text]
    if text.isascii() and text.isdecimal() and 100 <= int(text) <= 599:
        return int(text), int(text)
    raise BadInputError(
        f"{text!r} is no status.", hint="Write errors, a class such as 5xx, or one such as 404."
    )


def cursor(times: Sequence[datetime], before: Filter) -> str:
    """Where a list goes on after these, newest first: the last moment, and how many of it were shown."""
    last = times[-1]
    shown = sum(1 for time in times if time == last)
    if before.newest == last:
        shown += before.skip
    return f"{(last - _EPOCH) // timedelta(milliseconds=1)}-{shown}"


def after(text: str) -> tuple[datetime | None, int]:
    """What a cursor says: (newest, skip). Raises BadInputError."""
    if not text:
        return None, 0
    moment, _, skip = text.partition("-")
    if not (_is_number(moment, 14) and _is_number(skip, 6)):
        raise BadInputError(f"{text!r} is not a cursor of this list.")
    return _EPOCH + timedelta(milliseconds=int(moment)), int(skip)


def signature(key: bytes, owner: str, expires: int, generation: int) -> str:
    """HMAC-SHA256 over what a link allows: the owner, until seconds since 1970, of a generation; 64 hex digits."""
    return hmac.digest(key, f"{expires}\n{generation}\n{owner}".encode(), "sha256").hex()


def is_signed(key: bytes, owner: str, expires: int, generation: int, signed: str) -> bool:
    """Compared in constant time."""
    made = signature(key, owner, expires, generation)
    return hmac.compare_digest(made.encode(), signed.encode("utf-8", "replace"))


def _is_number(text: str, most: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= most
