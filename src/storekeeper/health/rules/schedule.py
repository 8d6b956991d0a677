"""When rounds are due: a fixed cadence whose phase is the bucket's own, so that rounds of many buckets spread."""

import zlib
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

STALE_INTERVALS = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HASHES = 1 << 32


class Step(NamedTuple):
    """What follows a round that was due: when the next is, and how many were left out."""

    following: float
    missed: int


def phase(bucket_id: str, interval: timedelta) -> timedelta:
    """The bucket's place within each interval."""
    return interval * (zlib.crc32(bucket_id.encode()) / _HASHES)


def first_due(bucket_id: str, interval: timedelta, last: datetime | None, now: datetime) -> datetime:
    """At once for a bucket that was never checked, else its next place in the cadence, which knows no restart."""
    if last is None:
        return now
    offset = phase(bucket_id, interval)
    passed = (now - _EPOCH - offset) // interval
    return _EPOCH + offset + (passed + 1) * interval


def step(planned: float, interval: float, now: float) -> Step:
    """The next moment after a round that was planned: never two at once for those that were missed."""
    missed = max(int((now - planned) // interval), 0)
    return Step(planned + (missed + 1) * interval, missed)


def stale_at(checked_at: datetime, interval: timedelta) -> datetime:
    """From when on a check says nothing of the present any more."""
    return checked_at + STALE_INTERVALS * interval
