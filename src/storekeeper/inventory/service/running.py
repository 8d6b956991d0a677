"""The body of the job `scan`: list, check, sum up, show. May be stopped anywhere and run again from the start."""

from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial

import pyarrow as pa
from msgspec.structs import replace

from storekeeper.buckets import BucketService, owner_regex
from storekeeper.buckets.model import Bucket
from storekeeper.infra import telemetry
from storekeeper.infra.analytics import written
from storekeeper.infra.db import Database
from storekeeper.infra.jobs import RunCancelledError, RunContext
from storekeeper.inventory import repository
from storekeeper.inventory.analytics import InventoryAnalytics
from storekeeper.inventory.model import Extras, Scan, ScanState, Shard, SnapshotMismatchError
from storekeeper.inventory.rules.progress import most_objects, progress
from storekeeper.inventory.scanning.columns import to_columns
from storekeeper.inventory.scanning.ledger import Ledger
from storekeeper.inventory.scanning.scanner import Scanner
from storekeeper.inventory.scanning.worker import Counters
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.pace import Pace
from storekeeper.objectstore.errors import ListingLoopError

WHOLE_BUCKET = Shard(number=0)


class ScanRunner:
    """Runs scans; one call of `run` is one attempt."""

    def __init__(
        self,
        database: Database,
        analytics: InventoryAnalytics,
        buckets: BucketService,
        clock: Clock,
        *,
        batch_rows: int,
    ) -> None:
        self._db = database
        self._analytics = analytics
        self._buckets = buckets
        self._clock = clock
        self._batch_rows = batch_rows
        self.least_days: Callable[[Bucket, str], int] = _never

    def run(self, context: RunContext, bucket_id: str) -> None:
        """Make a snapshot of a bucket, or go on with it.

        Raises RunCancelledError, objectstore errors, UnavailableError; all but the first leave what was listed to
        the next attempt.
        """
        bucket = self._buckets.get_by_id(bucket_id)
        scan, resumed = self._begin(context.run_id, bucket)
        if scan.state is ScanState.OPEN:
            try:
                scan = self._make_snapshot(context, bucket, scan, resumed=resumed)
            except RunCancelledError:
                self.discard(scan.id, ScanState.CANCELLED)
                raise
        publish(bucket, scan)

    def discard(self, scan_id: str, state: ScanState, error: str = "") -> None:
        """Give a scan up: what it listed is dropped, and never was shown."""
        with self._db.write() as connection:
            if scan := repository.get(connection, scan_id):
                given_up = replace(scan, state=state, finished_at=self._clock.now(), error=error)
                repository.save(connection, given_up)
                repository.forget_shards(connection, scan_id)
        self._analytics.drop_objects(scan_id)

    def _begin(self, scan_id: str, bucket: Bucket) -> tuple[Scan, bool]:
        """The scan of this run, and whether an earlier attempt began it; complete when only the run's end was lost."""
        with self._db.write() as connection:
            scan = repository.get(connection, scan_id)
            if scan and scan.state in (ScanState.OPEN, ScanState.COMPLETE):
                return scan, True
            scan = Scan(id=scan_id, bucket_id=bucket.id, state=ScanState.OPEN, started_at=self._clock.now())
            repository.save(connection, scan)
            repository.forget_shards(connection, scan_id)
            repository.save_shards(connection, scan_id, [WHOLE_BUCKET])
            return scan, False

    def _make_snapshot(self, context: RunContext, bucket: Bucket, scan: Scan, *, resumed: bool) -> Scan:
        if resumed:
            self._analytics.delete_unaccounted(scan.id, scan.batches)
            self._analytics.drop_details([scan.id])
        scan = self._list(context, bucket, scan)
        self._check(scan)
        context.progress(phase="summing up")
        self._analytics.sum_up(scan.id, written(scan.started_at))
        self._find_missing(bucket, scan)
        return self._complete(scan)

    def _find_missing(self, bucket: Bucket, scan: Scan) -> None:
        """Where keys are known; in a versioned bucket nothing goes, it becomes an older version."""
        with self._db.read() as connection:
            previous = repository.newest_complete(connection, bucket_id=bucket.id).get(bucket.id)
        versions = scan.extras.versions
        is_versioned = bool(versions.noncurrent or versions.delete_markers)
        if previous and bucket.store_keys and not is_versioned:
            self._analytics.find_missing(
                scan.id, previous.id, partial(self.least_days, bucket), written(scan.started_at)
            )

    def _list(self, context: RunContext, bucket: Bucket, scan: Scan) -> Scan:
        with self._db.read() as connection:
            shards = repository.open_shards(connection, scan.id)
            previous = repository.newest_complete(connection, bucket_id=bucket.id).get(bucket.id)
        counters = Counters(pages=scan.pages, requests=scan.requests, retries=scan.retries)
        ledger = Ledger(
            replace(scan, extras=Extras()),
            insert=self._inserting(bucket, scan.id),
            commit=self._commit,
            batch_rows=self._batch_rows,
        )
        with closing(
            self._buckets.open(bucket, on_retry=lambda _error, _wait: counters.add(retries=1, requests=1))
        ) as store:
            scanner = Scanner(
                store,
                ledger,
                shards,
                pace=Pace(bucket.max_requests_per_second, self._clock),
                counters=counters,
                concurrency=bucket.max_concurrency,
                heartbeat=self._heart(context, scan, previous),
            )
            try:
                return scanner.run()
            finally:
                self._account_for_requests(scan.id, counters)

    def _account_for_requests(self, scan_id: str, counters: Counters) -> None:
        """Requests are paid for even where what they brought is lost."""
        with self._db.write() as connection:
            if scan := repository.get(connection, scan_id):
                counted = replace(
                    scan, pages=counters.pages, requests=counters.requests, retries=counters.retries
                )
                repository.save(connection, counted)

    def _inserting(self, bucket: Bucket, scan_id: str) -> Callable[[pa.Table, int], None]:
        columns = partial(
            to_columns, scan_id=scan_id, owner=owner_regex(bucket.owner_pattern), keep_names=bucket.store_keys
        )
        return lambda rows, batch: self._analytics.insert(columns(rows, batch=batch))

    def _commit(self, scan: Scan, shards: Mapping[int, Shard]) -> None:
        with self._db.write() as connection:
            if repository.get(connection, scan.id) is None:
                raise RunCancelledError  # the bucket is no longer watched
            repository.save(connection, scan)
            repository.save_shards(connection, scan.id, shards.values())

    def _heart(self, context: RunContext, at_start: Scan, previous: Scan | None) -> Callable[[Scan], None]:
        begun = self._clock.monotonic()
        expected = previous.objects if previous else None
        limit = most_objects(expected)

        def beat(scan: Scan) -> None:
            seconds = self._clock.monotonic() - begun
            if scan.objects > limit:
                raise ListingLoopError(
                    f"More than {limit} objects were listed; the listing does not seem to end.",
                    hint="No snapshot was made. Check the endpoint.",
                )
            found = progress(
                scan.objects, since_start=scan.objects - at_start.objects, seconds=seconds, expected=expected
            )
            context.progress(
                phase="listing",
                **figures(scan),
                objectsPerSecond=found.objects_per_second,
                secondsLeft=found.seconds_left,
                fraction=found.fraction,
            )

        return beat

    def _check(self, scan: Scan) -> None:
        """What is stored must be what was listed, to the object and byte; else begin anew."""
        stored = self._analytics.stored_totals(scan.id)
        if stored == (scan.objects, scan.bytes):
            return
        self.discard(scan.id, ScanState.FAILED)
        raise SnapshotMismatchError(
            f"{scan.objects} objects of {scan.bytes} bytes were listed, but the analytics engine holds {stored[0]} of "
            f"{stored[1]} bytes.",
            hint="The scan starts again by itself. If this stays, check the disk of the data directory.",
        )

    def _complete(self, scan: Scan) -> Scan:
        done = replace(scan, state=ScanState.COMPLETE, finished_at=self._clock.now(), detailed=True)
        self._commit(done, {})
        return done


def _never(_bucket: Bucket, _storage_class: str) -> int:
    return 0


def figures(scan: Scan) -> dict[str, int]:
    """The counts of a scan under the names that callers see."""
    return {
        "objects": scan.objects,
        "bytes": scan.bytes,
        "pages": scan.pages,
        "requests": scan.requests,
        "retries": scan.retries,
        "shardsDone": scan.shards_done,
        "shardsTotal": scan.shards_total,
    }


def publish(bucket: Bucket, scan: Scan) -> None:
    """Tell the metrics of a snapshot."""
    if scan.finished_at:
        telemetry.bucket_objects.labels(bucket.name).set(scan.objects)
        telemetry.bucket_bytes.labels(bucket.name).set(scan.bytes)
        telemetry.bucket_scan_timestamp.labels(bucket.name).set(scan.finished_at.timestamp())
