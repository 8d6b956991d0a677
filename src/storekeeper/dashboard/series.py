"""Points in time brought to a common axis. A value holds until the next scan; before the first there is none."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime

from storekeeper.inventory.model import Point

Carried = Sequence[Point | None]


def evenly(start: datetime, end: datetime, count: int) -> list[datetime]:
    """That many moments from start to end, both included."""
    step = (end - start) / (count - 1)
    return [start + step * index for index in range(count - 1)] + [end]


def carried(points: Sequence[Point], times: Sequence[datetime]) -> list[Point | None]:
    """For each moment the last point at or before it."""
    moments = [point.scanned_at for point in points]
    return [points[place - 1] if (place := bisect_right(moments, moment)) else None for moment in times]


def total(points: Mapping[str, Carried], index: int, field: str) -> int | None:
    """The sum over all buckets at one moment; None where no bucket has a value."""
    known = [getattr(found, field) for one in points.values() if (found := one[index])]
    return sum(known) if known else None


def axis(history: Mapping[str, Sequence[Point]], start: datetime, end: datetime, most: int) -> list[datetime]:
    """The moments to draw: every scan's, or evenly spaced ones where there are too many."""
    moments = sorted({point.scanned_at for points in history.values() for point in points})
    if not moments:
        return []
    if len(moments) <= most:
        return [*moments, end]
    return evenly(max(start, moments[0]), end, most)
