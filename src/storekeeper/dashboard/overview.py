"""The overview's figures: what is stored in all watched buckets, how it grows, what runs now."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from storekeeper.dashboard import series
from storekeeper.inventory import InventoryService
from storekeeper.inventory.model import ListedBucket, Point
from storekeeper.kernel.clock import Clock

STALE_AFTER = timedelta(days=2)
SPARKS = 24  # points of a sparkline


class Trend(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Values evenly spaced from the first scan in the range up to now; None before that of any bucket.

    `change` sums up what each bucket's scans have seen change: a bucket that is new here has not grown. None before
    any bucket's second scan.
    """

    values: Sequence[int | None]
    change: int | None


class StorageMetrics(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Totals of the last complete scan of every bucket looked at."""

    buckets: int
    scanned: int
    total_files: int
    total_storage: int
    total_files_trend: Trend
    total_storage_trend: Trend


class LargestBucket(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    bytes: int
    objects: int
    share: float
    change: int | None
    scanned_at: datetime | None
    stale: bool


class Overview(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the first page and `GET /api/dashboard` show."""

    metrics: StorageMetrics
    largest_buckets: Sequence[LargestBucket]
    history: Mapping[str, Sequence[Point]]
    oldest_scan: datetime | None
    generated_at: datetime


class OverviewReader:
    """Reads what inventory knows; keeps nothing."""

    def __init__(self, inventory: InventoryService, clock: Clock) -> None:
        self._inventory = inventory
        self._clock = clock

    def bucket_names(self) -> list[str]:
        return [bucket.name for bucket in self._inventory.listed_buckets()]

    def read(self, span: timedelta, bucket: str = "") -> Overview:
        """Over that span up to now, of one bucket or all. Raises UnknownBucketError."""
        now = self._clock.now()
        history = self._inventory.history(span, bucket)
        listed = [one for one in self._inventory.listed_buckets() if not bucket or one.name == bucket]
        scanned = [one for one in listed if one.bytes is not None]
        times = series.evenly(_first(history, now - span), now, SPARKS)
        points = {name: series.carried(history[name], times) for name in history}
        return Overview(
            metrics=StorageMetrics(
                buckets=len(listed),
                scanned=len(scanned),
                total_files=sum(one.objects or 0 for one in scanned),
                total_storage=sum(one.bytes or 0 for one in scanned),
                total_files_trend=_trend(history, points, "objects"),
                total_storage_trend=_trend(history, points, "bytes"),
            ),
            largest_buckets=_largest(scanned, history, now),
            history=history,
            oldest_scan=min((one.scanned_at for one in scanned if one.scanned_at), default=None),
            generated_at=now,
        )


def _first(history: Mapping[str, Sequence[Point]], start: datetime) -> datetime:
    """From where on there is something to draw."""
    return min((points[0].scanned_at for points in history.values() if points), default=start)


def _trend(history: Mapping[str, Sequence[Point]], drawn: Mapping[str, series.Carried], field: str) -> Trend:
    changes = [
        getattr(points[-1], field) - getattr(points[0], field)
        for points in history.values()
        if len(points) > 1
    ]
    return Trend(
        values=[series.total(drawn, index, field) for index in range(SPARKS)],
        change=sum(changes) if changes else None,
    )


def _largest(
    scanned: Sequence[ListedBucket], history: Mapping[str, Sequence[Point]], now: datetime
) -> list[LargestBucket]:
    whole = sum(one.bytes or 0 for one in scanned) or 1
    return [
        LargestBucket(
            name=one.name,
            bytes=one.bytes or 0,
            objects=one.objects or 0,
            share=(one.bytes or 0) / whole,
            change=points[-1].bytes - points[0].bytes
            if len(points := history.get(one.name, [])) > 1
            else None,
            scanned_at=one.scanned_at,
            stale=one.scanned_at is not None and now - one.scanned_at > STALE_AFTER,
        )
        for one in sorted(scanned, key=lambda one: one.bytes or 0, reverse=True)
    ]
