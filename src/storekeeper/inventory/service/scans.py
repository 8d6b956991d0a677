"""Starting, watching, cancelling and planning scans."""

from collections.abc import Mapping
from contextlib import closing, suppress
from typing import Any

import msgspec

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.infra.db import Database
from storekeeper.infra.jobs import ACTIVE, Jobs, Run
from storekeeper.inventory import repository
from storekeeper.inventory.model import Quote, Scan, ScanState, ScanView, UnknownScanError
from storekeeper.inventory.rules import quoting
from storekeeper.inventory.rules.schedule import is_due
from storekeeper.inventory.service.running import figures
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import ConflictError, NotFoundError
from storekeeper.objectstore import RetryPolicy

JOB = "scan"
SCHEDULE = "schedule"  # who starts scans that are due
_WHILE_A_PERSON_WAITS = RetryPolicy(attempts=2, total=10)
_STATUS = {ScanState.COMPLETE: "succeeded", ScanState.CANCELLED: "cancelled", ScanState.FAILED: "dead"}
_NOTHING_YET = {
    "phase": "", "objects": 0, "bytes": 0, "pages": 0, "requests": 0, "retries": 0, "objectsPerSecond": None,
    "secondsLeft": None, "fraction": None, "shardsDone": 0, "shardsTotal": 0,
}  # fmt: skip


class Scans:
    """Scans as people deal with them. A scan has the id of its run, so it can be watched before it begins."""

    def __init__(
        self, database: Database, jobs: Jobs, buckets: BucketService, audit: AuditTrail, clock: Clock
    ) -> None:
        self._db = database
        self._jobs = jobs
        self._buckets = buckets
        self._audit = audit
        self._clock = clock

    def start(self, name: str, *, actor: str) -> Run:
        """Raises UnknownBucketError, ConflictError with `runId` when one is under way."""
        bucket = self._buckets.get(name)
        run = self._jobs.start(JOB, key=bucket.id, payload={"bucket": name})
        self._record(actor, "scan.start", name, run.id)
        return run

    def start_due(self) -> int:
        """Start what the schedules ask for; returns how many."""
        with self._db.read() as connection:
            started = repository.last_started(connection)
        now, count = self._clock.now(), 0
        for bucket in self._buckets.all():
            if is_due(bucket, started.get(bucket.id), now):
                with suppress(ConflictError):
                    self.start(bucket.name, actor=SCHEDULE)
                    count += 1
        return count

    def cancel(self, scan_id: str, *, actor: str) -> ScanView:
        """Raises UnknownScanError, ConflictError when it is over."""
        view = self.view(scan_id)
        self._jobs.cancel(scan_id)
        self._record(actor, "scan.cancel", view.bucket, scan_id)
        return self.view(scan_id)

    def view(self, scan_id: str) -> ScanView:
        """Raises UnknownScanError."""
        run = self._run(scan_id)
        with self._db.read() as connection:
            scan = repository.get(connection, scan_id)
        if scan is None and run is None:
            raise UnknownScanError(f"There is no scan {scan_id}.")
        bucket_id = scan.bucket_id if scan else run.key if run else ""
        names = {bucket.id: bucket.name for bucket in self._buckets.all()}
        return _view(scan, run, names.get(bucket_id, ""))

    def page(self, name: str, *, before: str = "", limit: int = 50) -> list[ScanView]:
        """Scans of a bucket that have begun, newest first."""
        bucket = self._buckets.get(name)
        with self._db.read() as connection:
            found = repository.find(connection, bucket.id, before=before, limit=limit)
        return [self._view_of(scan, name) for scan in found]

    def under_way(self, bucket: Bucket | None = None) -> list[ScanView]:
        """Scans that are queued or running, of one bucket or all."""
        runs = self._jobs.find(job=JOB, key=bucket.id if bucket else "", statuses=ACTIVE, limit=200)
        if not runs:
            return []
        names = {one.id: one.name for one in self._buckets.all()}
        with self._db.read() as connection:
            scans = {run.id: repository.get(connection, run.id) for run in runs}
        views = [_view(scans[run.id], run, names.get(run.key, "")) for run in runs]
        return [view for view in views if view.status in ACTIVE]

    def last_of_each(self) -> dict[str, ScanView]:
        """The last scan of every bucket by bucket id, under way or however it ended."""
        with self._db.read() as connection:
            newest = repository.newest(connection)
        waiting = self._jobs.find(job=JOB, statuses=ACTIVE, limit=200)
        begun = {bucket_id: self._view_of(scan, "") for bucket_id, scan in newest.items()}
        return begun | {run.key: _view(None, run, "") for run in waiting}

    def quote(self, name: str) -> Quote:
        """What the next scan will take. When there is no earlier one, the bucket is asked for one page."""
        bucket = self._buckets.get(name)
        with self._db.read() as connection:
            previous = repository.newest_complete(connection, bucket_id=bucket.id).get(bucket.id)
        if previous:
            return quoting.from_previous(previous, bucket.provider)
        begun = self._clock.monotonic()
        with closing(self._buckets.open(bucket, retry=_WHILE_A_PERSON_WAITS)) as store:
            page = store.list_page()
        seconds = self._clock.monotonic() - begun
        return quoting.from_sample(
            page.objects.num_rows, truncated=page.truncated, seconds=seconds, provider=bucket.provider
        )

    def _view_of(self, scan: Scan, bucket: str) -> ScanView:
        """Only a scan that is not over needs its run to say how it stands."""
        return _view(scan, self._run(scan.id) if scan.state is ScanState.OPEN else None, bucket)

    def _run(self, scan_id: str) -> Run | None:
        try:
            run = self._jobs.get(scan_id)
        except NotFoundError:
            return None
        return run if run.job == JOB else None

    def _record(self, actor: str, action: str, bucket: str, run_id: str) -> None:
        with self._db.write() as connection:
            self._audit.record(connection, actor=actor, action=action, target=bucket, details={"run": run_id})


def _view(scan: Scan | None, run: Run | None, bucket: str) -> ScanView:
    over = scan is not None and scan.state is not ScanState.OPEN
    live: Mapping[str, Any] = {} if over or run is None else run.progress
    values = {
        **_NOTHING_YET,
        **(figures(scan) if scan else {}),
        **live,
        "id": scan.id if scan else run.id if run else "",
        "bucket": bucket,
        "status": _status(scan, run),
        "createdAt": run.created_at if run else scan.started_at if scan else None,
        "startedAt": scan.started_at if scan else None,
        "finishedAt": scan.finished_at if over and scan else run.finished_at if run else None,
        "error": (run.error if run else "") or (scan.error if scan else ""),
    }
    return msgspec.convert(values, ScanView)


def _status(scan: Scan | None, run: Run | None) -> str:
    if scan and scan.state in _STATUS and (run is None or run.status not in ACTIVE):
        return _STATUS[scan.state]
    return str(run.status) if run else "dead"
