"""How long what each scan found was there: from its end up to the end of the bucket's next scan."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec

_DAY = timedelta(days=1)


class Scanned(msgspec.Struct, frozen=True):
    """A complete scan of a bucket and when it ended (UTC)."""

    scan_id: str
    bucket_id: str
    at: datetime


class Stretch(msgspec.Struct, frozen=True):
    """For so many seconds of a day a bucket held what a scan found; `assumed` when it was found only later that day."""

    scan_id: str
    bucket_id: str
    seconds: int
    assumed: bool = False


def stretches(scans: Iterable[Scanned], day: date, now: datetime) -> list[Stretch]:
    """Of one day up to now, by bucket; nothing of a bucket that was not scanned by its end.

    What a bucket's first scan finds is taken to have been there from the beginning of that scan's day.
    """
    begin = datetime.combine(day, time.min, UTC)
    end = min(begin + _DAY, now)
    by_bucket: dict[str, list[Scanned]] = {}
    for one in sorted(scans, key=lambda one: (one.bucket_id, one.at, one.scan_id)):
        if one.at < end:
            by_bucket.setdefault(one.bucket_id, []).append(one)
    return [stretch for of_bucket in by_bucket.values() for stretch in _of_one(of_bucket, begin, end)]


def together(parts: Iterable[Stretch]) -> list[Stretch]:
    """Each scan once, with its seconds of all days."""
    found: dict[str, Stretch] = {}
    for one in parts:
        before = found.get(one.scan_id)
        seconds = one.seconds + (before.seconds if before else 0)
        found[one.scan_id] = Stretch(one.scan_id, one.bucket_id, seconds, one.assumed)
    return list(found.values())


def _of_one(scans: Sequence[Scanned], begin: datetime, end: datetime) -> list[Stretch]:
    first = scans[0]
    assumed = first.at > begin
    edges = [(begin if assumed else first.at, first), *((one.at, one) for one in scans[1:])]
    spans = [
        (one, max(since, begin), until)
        for (since, one), until in zip(edges, [at for at, _ in edges[1:]] + [end], strict=True)
    ]
    return [
        Stretch(one.scan_id, one.bucket_id, round((until - since).total_seconds()), assumed and one is first)
        for one, since, until in spans
        if until > since
    ]
