"""Reads snapshots. A snapshot is that of a complete scan; nothing of any other is ever read."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Connection, Database
from storekeeper.infra.jobs import Jobs, RunContext
from storekeeper.infra.once import once
from storekeeper.inventory import repository
from storekeeper.inventory.analytics import InventoryAnalytics
from storekeeper.inventory.model import (
    Change,
    Holdings,
    ListedBucket,
    NeverScannedError,
    Point,
    Scan,
    ScanState,
    Totals,
    UnknownScanError,
)
from storekeeper.inventory.scanning.ledger import BATCH_ROWS
from storekeeper.inventory.service.holdings import holdings
from storekeeper.inventory.service.running import ScanRunner, publish
from storekeeper.inventory.service.scans import Scans
from storekeeper.inventory.service.snapshot import Snapshot
from storekeeper.inventory.service.upkeep import Upkeep
from storekeeper.inventory.shares import Shares
from storekeeper.kernel.clock import Clock

MAX_POINTS = 1000
_WEEK = timedelta(days=7)
_MONTH = timedelta(days=30)


class InventoryService:
    """What is in the buckets. `scans` deals with scans, `shares` with owners' parts; here is what they found."""

    def __init__(
        self,
        database: Database,
        analytics: Analytics,
        jobs: Jobs,
        buckets: BucketService,
        audit: AuditTrail,
        clock: Clock,
        *,
        batch_rows: int = BATCH_ROWS,
    ) -> None:
        self._db = database
        self._analytics = InventoryAnalytics(analytics)
        self._buckets = buckets
        self._clock = clock
        self._runner = ScanRunner(database, self._analytics, buckets, clock, batch_rows=batch_rows)
        self._upkeep = Upkeep(database, self._analytics, jobs, self._runner, clock)
        self.shares = Shares(analytics)
        self.scans = Scans(database, jobs, buckets, audit, clock)
        buckets.on_remove(_forget)

    def run_scan(self, context: RunContext, payload: Mapping[str, Any]) -> None:
        """The job `scan`."""
        self._upkeep.tidy()
        self._runner.run(context, self._buckets.get(str(payload["bucket"])).id)
        self._upkeep.tidy()

    def retain(self) -> None:
        """The job `inventory-retention`."""
        self._upkeep.retain()

    def publish_metrics(self) -> None:
        """Tell the metrics of what is known; for the start of a server."""
        newest = self.newest()
        for bucket in self._buckets.all():
            if bucket.id in newest:
                publish(bucket, newest[bucket.id])

    def newest(self) -> dict[str, Scan]:
        """The last complete scan by bucket id."""
        return dict(once((self, "newest"), self._newest))

    def _newest(self) -> dict[str, Scan]:
        with self._db.read() as connection:
            return repository.newest_complete(connection)

    def bill_least_times(self, least_days: Callable[[Bucket, str], int]) -> None:
        """Scans look for what went before its least time: the days that a provider bills an object of a storage class, or zero."""
        self._runner.least_days = least_days

    def complete_between(self, since: datetime, until: datetime) -> list[Scan]:
        """Complete scans of all buckets in that time, and each bucket's last one before it, oldest first."""
        with self._db.read() as connection:
            return repository.complete_between(connection, since, until)

    def listed_buckets(self) -> list[ListedBucket]:
        """Every bucket by name, with the figures of its last complete scan."""
        return list(once((self, "listed"), self._listed))

    def _listed(self) -> list[ListedBucket]:
        newest = self.newest()
        with self._db.read() as connection:
            older = repository.newest_complete(connection, before=self._clock.now() - _WEEK)
        return [
            _listed(bucket, newest.get(bucket.id), older.get(bucket.id)) for bucket in self._buckets.all()
        ]

    def snapshot(self, name: str, *, at: str = "") -> Snapshot:
        """The newest snapshot of a bucket, or that of the scan `at`.

        Raises UnknownBucketError, NeverScannedError, UnknownScanError.
        """
        bucket = self._buckets.get(name)
        with self._db.read() as connection:
            scan = _chosen(connection, bucket, at)
            change = self._change(connection, bucket, scan)
        return Snapshot(self._analytics, bucket, scan, change)

    def holdings(self, name: str = "", *, owner: str = "") -> Holdings:
        """What is in one bucket or all, of one owner or everybody, by the last complete scans."""
        newest = self.newest()
        buckets = [self._buckets.get(name)] if name else self._buckets.all()
        scanned = [(bucket, newest[bucket.id]) for bucket in buckets if bucket.id in newest]
        return holdings(self._analytics, scanned, owner)

    def history(self, span: timedelta, name: str = "") -> dict[str, Sequence[Point]]:
        """Totals over time by bucket name, oldest first, at most 1,000 points each."""
        buckets = [self._buckets.get(name)] if name else self._buckets.all()
        now = self._clock.now()
        with self._db.read() as connection:
            found = repository.history(
                connection, now - span, now, most=MAX_POINTS, bucket_id=buckets[0].id if name else ""
            )
        return {bucket.name: found.get(bucket.id, []) for bucket in buckets}

    def _change(self, connection: Connection, bucket: Bucket, scan: Scan) -> Change:
        def since(moment: datetime | None) -> Totals | None:
            earlier = repository.newest_complete(connection, bucket_id=bucket.id, before=moment).get(
                bucket.id
            )
            if earlier is None:
                return None
            return Totals(objects=scan.objects - earlier.objects, bytes=scan.bytes - earlier.bytes)

        end = scan.finished_at or self._clock.now()
        return Change(previous=since(end), seven_days=since(end - _WEEK), thirty_days=since(end - _MONTH))


def _chosen(connection: Connection, bucket: Bucket, at: str) -> Scan:
    if at:
        scan = repository.get(connection, at)
        if scan is None or scan.bucket_id != bucket.id or scan.state is not ScanState.COMPLETE:
            raise UnknownScanError(f"There is no complete scan {at} of {bucket.name}.")
        return scan
    newest = repository.newest_complete(connection, bucket_id=bucket.id).get(bucket.id)
    if newest is None:
        raise NeverScannedError(
            f"{bucket.name} was never scanned completely.",
            hint=f"Run `storekeeper scan {bucket.name} --wait`.",
        )
    return newest


def _forget(connection: Connection, bucket: Bucket) -> None:
    repository.forget_bucket(connection, bucket.id)


def _listed(bucket: Bucket, newest: Scan | None, week_ago: Scan | None) -> ListedBucket:
    return ListedBucket(
        **msgspec.structs.asdict(bucket),
        objects=newest.objects if newest else None,
        bytes=newest.bytes if newest else None,
        scanned_at=newest.finished_at if newest else None,
        growth_bytes7d=newest.bytes - week_ago.bytes if newest and week_ago else None,
    )
