"""Reads snapshots. A snapshot is that of a complete scan; nothing of any other is ever read."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Connection, Database
from storekeeper.infra.jobs import Jobs, RunContext
from storekeeper.inventory import repository
from storekeeper.inventory.analytics import LARGEST, InventoryAnalytics
from storekeeper.inventory.model import (
    Change,
    FileQuery,
    Files,
    Folders,
    Inventory,
    ListedBucket,
    NeverScannedError,
    Point,
    Scan,
    ScanState,
    Totals,
    UnknownScanError,
)
from storekeeper.inventory.scanning.ledger import BATCH_ROWS
from storekeeper.inventory.service import presenting
from storekeeper.inventory.service.running import ScanRunner, publish
from storekeeper.inventory.service.scans import Scans
from storekeeper.inventory.service.upkeep import Upkeep
from storekeeper.kernel.clock import Clock

MAX_POINTS = 1000
_WEEK = timedelta(days=7)
_MONTH = timedelta(days=30)


class InventoryService:
    """What is in the buckets. `scans` deals with scans; here is what they found."""

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
        with self._db.read() as connection:
            return repository.newest_complete(connection)

    def listed_buckets(self) -> list[ListedBucket]:
        """Every bucket by name, with the figures of its last complete scan."""
        with self._db.read() as connection:
            newest = repository.newest_complete(connection)
            older = repository.newest_complete(connection, before=self._clock.now() - _WEEK)
        return [
            _listed(bucket, newest.get(bucket.id), older.get(bucket.id)) for bucket in self._buckets.all()
        ]

    def inventory(self, name: str, *, at: str = "", limit: int = 100, with_files: bool = True) -> Inventory:
        """A snapshot, the newest or that of a scan; `with_files` adds its largest and oldest objects.

        Raises UnknownBucketError, NeverScannedError, UnknownScanError.
        """
        bucket, scan = self._snapshot(name, at)
        with self._db.read() as connection:
            change = self._change(connection, bucket, scan)
        groups = self._analytics.groups(scan.id, limit)
        extremes = self._analytics.extremes(scan.id, limit if with_files else 0)
        return presenting.inventory(
            scan,
            change=change,
            groups=groups,
            folders=self._analytics.folders(scan.id, "", limit)[1],
            largest=presenting.objects(extremes["largest"], keys=bucket.store_keys),
            oldest=presenting.objects(extremes["oldest"], keys=bucket.store_keys),
        )

    def folders(self, name: str, prefix: str, *, at: str = "", limit: int = 1000) -> Folders:
        """One level of folders. Raises as `inventory` does."""
        _, scan = self._snapshot(name, at)
        return presenting.folders(prefix, *self._analytics.folders(scan.id, prefix, limit))

    def files(self, name: str, query: FileQuery, *, at: str = "") -> Files:
        """Of the largest objects those that match. Raises as `inventory` does."""
        bucket, scan = self._snapshot(name, at)
        rows = self._analytics.files(scan.id, msgspec.structs.replace(query, limit=query.limit + 1))
        more = len(rows) > query.limit
        items = presenting.objects(rows[: query.limit], keys=bucket.store_keys)
        return Files(
            items=items, next_cursor=str(query.offset + query.limit) if more else None, of_largest=LARGEST
        )

    def history(self, span: timedelta, name: str = "") -> dict[str, Sequence[Point]]:
        """Totals over time by bucket name, oldest first, at most 1,000 points each."""
        buckets = [self._buckets.get(name)] if name else self._buckets.all()
        now = self._clock.now()
        with self._db.read() as connection:
            return {
                bucket.name: [
                    Point(scanned_at=scan.finished_at, objects=scan.objects, bytes=scan.bytes)
                    for scan in repository.history(
                        connection, now - span, now, bucket_id=bucket.id, most=MAX_POINTS
                    )
                    if scan.finished_at
                ]
                for bucket in buckets
            }

    def _snapshot(self, name: str, at: str) -> tuple[Bucket, Scan]:
        bucket = self._buckets.get(name)
        with self._db.read() as connection:
            scan = (
                repository.get(connection, at)
                if at
                else repository.newest_complete(connection, bucket_id=bucket.id).get(bucket.id)
            )
        if at and (scan is None or scan.bucket_id != bucket.id or scan.state is not ScanState.COMPLETE):
            raise UnknownScanError(f"There is no complete scan {at} of {name}.")
        if scan is None:
            raise NeverScannedError(
                f"{name} was never scanned completely.", hint=f"Run `storekeeper scan {name} --wait`."
            )
        return bucket, scan

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
