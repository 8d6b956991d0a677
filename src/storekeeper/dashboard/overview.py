"""The overview's figures: what is stored in all watched buckets, how it grows, what is done with it."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import msgspec

from storekeeper.costs import BudgetService, CostService
from storekeeper.costs.budgets.model import Budget
from storekeeper.dashboard import series
from storekeeper.dashboard.spending import Costs, Storage, costs_of, with_quota
from storekeeper.inventory import InventoryService
from storekeeper.inventory.model import Holdings, ListedBucket, Point
from storekeeper.kernel.clock import Clock
from storekeeper.metering import Kept, MeteringService, reckoning
from storekeeper.metering.figures import Point as TrafficPoint
from storekeeper.metering.figures import Pulse, RecentOperation
from storekeeper.quotas import QuotaService

STALE_AFTER = timedelta(days=2)
SPARKS = 24  # points of a sparkline
RECENT = timedelta(days=1)
ACTIVITY = 20
_T = TypeVar("_T")


class Trend(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Values evenly spaced from the first scan in the range up to now; None before that of any bucket.

    `change` sums up what each bucket's scans have seen change: a bucket that is new here has not grown. None before
    any bucket's second scan.
    """

    values: Sequence[float | None]
    change: float | None


_NO_TREND = Trend(values=(), change=None)


class StorageMetrics(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Totals of the last complete scan of every bucket looked at."""

    buckets: int
    scanned: int
    total_files: int
    total_storage: int
    total_files_trend: Trend
    total_storage_trend: Trend


class Metrics(StorageMetrics, frozen=True, kw_only=True, rename="camel"):
    """With what operations add up to: `…Today` since midnight UTC, all others over the last 24 hours.

    Their trends are by hour of the last 24; `change` is against the 24 hours before, or against yesterday up to the
    same hour. None without operations.
    """

    requests: float
    uploads_today: float
    downloads_today: float
    error_rate: float | None
    avg_response_time_ms: float | None
    p95_response_time_ms: float | None
    requests_trend: Trend
    uploads_today_trend: Trend
    downloads_today_trend: Trend
    error_rate_trend: Trend
    avg_response_time_ms_trend: Trend
    p95_response_time_ms_trend: Trend
    provenance: str


class LargestBucket(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    bytes: int
    objects: int
    share: float
    change: int | None
    scanned_at: datetime | None
    stale: bool


class Overview(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the first page shows."""

    metrics: Metrics
    largest_buckets: Sequence[LargestBucket]
    history: Mapping[str, Sequence[Point]]
    oldest_scan: datetime | None
    generated_at: datetime


class Dashboard(Overview, frozen=True, kw_only=True, rename="camel"):
    """What `GET /api/dashboard` answers."""

    costs: Costs
    budget: Budget | None  # of everything; null without one, and where one bucket or owner is asked for
    storage: Storage
    activity: Sequence[RecentOperation]


class HistoryItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Totals of one bucket's complete scan."""

    bucket: str
    scanned_at: datetime
    objects: int
    bytes: int


class History(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[HistoryItem]
    operations: Sequence[TrafficPoint]
    next_cursor: str | None = None


class OverviewReader:
    """Reads what inventory and metering know, and keeps it as long as metering keeps its reads and no scan ends."""

    def __init__(
        self,
        inventory: InventoryService,
        metering: MeteringService,
        costs: CostService,
        budgets: BudgetService,
        quotas: QuotaService,
        clock: Clock,
    ) -> None:
        self._inventory, self._metering, self._quotas = inventory, metering, quotas
        self._costs, self._budgets, self._clock = costs, budgets, clock

    def bucket_names(self) -> list[str]:
        return [bucket.name for bucket in self._inventory.listed_buckets()]

    def dashboard(self, span: timedelta, bucket: str = "", owner: str = "") -> Kept[Dashboard]:
        """The overview with files and activity. Of one owner, what is stored has no trend: scans keep none."""
        return self._kept(
            "dashboard", RECENT, lambda: self._dashboard(span, bucket, owner), span, bucket, owner
        )

    def read(self, span: timedelta, bucket: str = "") -> Overview:
        """Storage over that span up to now, operations of the last day. Raises UnknownBucketError."""
        return self._kept("overview", RECENT, lambda: self._overview(span, bucket), span, bucket).value

    def history(self, span: timedelta, bucket: str = "", owner: str = "") -> Kept[History]:
        """Every item is a complete scan of all owners, none when one is asked for. Raises UnknownBucketError."""
        return self._kept("history", span, lambda: self._history(span, bucket, owner), span, bucket, owner)

    def _kept(
        self,
        kind: str,
        of_operations: timedelta,
        read: Callable[[], _T],
        span: timedelta,
        bucket: str,
        owner: str = "",
    ) -> Kept[_T]:
        """What the last scans say of each bucket tells whether one has ended since."""
        listed = self._inventory.listed_buckets()
        bucket_id = next((one.id for one in listed if one.name == bucket), None)
        window = reckoning.window(self._clock.now(), of_operations)
        key = (kind, span, bucket, owner, window.before, window.since, Kept(listed).tag)
        return self._metering.cache.get(key, bucket_id, read)

    def _dashboard(self, span: timedelta, bucket: str, owner: str) -> Dashboard:
        fresh, whose = self._metering.fresh, owner or None
        pulse = fresh.soon(partial(fresh.pulse, bucket=bucket, owner=whose))  # first: it takes the longest
        recent = fresh.soon(partial(fresh.recent, RECENT, bucket=bucket, owner=whose, limit=ACTIVITY))
        costs = fresh.soon(partial(costs_of, self._costs, bucket, owner))
        overview = self._read(span, bucket, pulse)
        holdings = self._inventory.holdings(bucket, owner=owner)
        if owner:
            overview = _of_owner(overview, holdings)
        return Dashboard(
            **msgspec.structs.asdict(overview),
            costs=costs.result(),
            budget=None if bucket or owner else self._budgets.of_everything(),
            storage=with_quota(self._quotas, holdings, bucket, owner),
            activity=recent.result().items,
        )

    def _history(self, span: timedelta, bucket: str, owner: str) -> History:
        found = {} if owner else self._inventory.history(span, bucket)
        return History(
            items=[
                HistoryItem(
                    bucket=name, scanned_at=point.scanned_at, objects=point.objects, bytes=point.bytes
                )
                for name, points in found.items()
                for point in points
            ],
            operations=self._metering.fresh.series(span, bucket=bucket, owner=owner or None),
        )

    def _overview(self, span: timedelta, bucket: str) -> Overview:
        fresh = self._metering.fresh
        return self._read(span, bucket, fresh.soon(partial(fresh.pulse, bucket=bucket)))

    def _read(self, span: timedelta, bucket: str, pulse: Future[Pulse]) -> Overview:
        now = self._clock.now()
        history = self._inventory.history(span, bucket)
        listed = [one for one in self._inventory.listed_buckets() if not bucket or one.name == bucket]
        scanned = [one for one in listed if one.bytes is not None]
        times = series.evenly(_first(history, now - span), now, SPARKS)
        points = {name: series.carried(history[name], times) for name in history}
        return Overview(
            metrics=Metrics(
                buckets=len(listed),
                scanned=len(scanned),
                total_files=sum(one.objects or 0 for one in scanned),
                total_storage=sum(one.bytes or 0 for one in scanned),
                total_files_trend=_trend(history, points, "objects"),
                total_storage_trend=_trend(history, points, "bytes"),
                **_traffic(pulse.result()),
            ),
            largest_buckets=_largest(scanned, history, now),
            history=history,
            oldest_scan=min((one.scanned_at for one in scanned if one.scanned_at), default=None),
            generated_at=now,
        )


def _of_owner(overview: Overview, holdings: Holdings) -> Overview:
    metrics = msgspec.structs.replace(
        overview.metrics,
        total_files=holdings.objects,
        total_storage=holdings.used,
        total_files_trend=_NO_TREND,
        total_storage_trend=_NO_TREND,
    )
    return msgspec.structs.replace(overview, metrics=metrics, history={}, largest_buckets=[])


def _traffic(pulse: Pulse) -> dict[str, Any]:
    now, before = pulse.totals, pulse.previous
    some = bool(now.requests)
    return {
        "requests": now.requests,
        "uploads_today": pulse.uploads_today,
        "downloads_today": pulse.downloads_today,
        "error_rate": now.error_rate if some else None,
        "avg_response_time_ms": now.mean_ms,
        "p95_response_time_ms": now.p95_ms,
        "requests_trend": _hours(pulse, "requests", now.requests, before.requests),
        "uploads_today_trend": _by_hour(pulse.uploads_by_hour, pulse.uploads_today, pulse.uploads_yesterday),
        "downloads_today_trend": _by_hour(
            pulse.downloads_by_hour, pulse.downloads_today, pulse.downloads_yesterday
        ),
        "error_rate_trend": _hours(
            pulse, "error_rate", now.error_rate, before.error_rate if before.requests else None
        ),
        "avg_response_time_ms_trend": _hours(pulse, "mean_ms", now.mean_ms, before.mean_ms),
        "p95_response_time_ms_trend": _hours(pulse, "p95_ms", now.p95_ms, None),
        "provenance": pulse.provenance,
    }


def _hours(pulse: Pulse, field: str, now: float | None, before: float | None) -> Trend:
    """Hours without operations are gaps."""
    known = {point.time: getattr(point, field) for point in pulse.series}
    axis = [pulse.since + timedelta(hours=1) * step for step in range(len(pulse.uploads_by_hour))]
    change = now - before if now is not None and before is not None else None
    return Trend(values=[known.get(time) for time in axis], change=change)


def _by_hour(values: Sequence[float], today: float, yesterday: float) -> Trend:
    return Trend(values=values, change=today - yesterday)


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
