"""Forgets what is no longer needed: listings of scans that were given up, details of old snapshots, old totals."""

from datetime import timedelta

from storekeeper.infra.db import Database
from storekeeper.infra.jobs import ACTIVE, Jobs, RunStatus
from storekeeper.inventory import repository
from storekeeper.inventory.analytics import InventoryAnalytics
from storekeeper.inventory.model import Scan, ScanState
from storekeeper.inventory.rules import retention
from storekeeper.inventory.service.running import ScanRunner
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import NotFoundError

ABANDONED_ROWS = timedelta(days=30)


class Upkeep:
    """Compares what is stored with what is still wanted, so that it mends whatever a crash left behind."""

    def __init__(
        self, database: Database, analytics: InventoryAnalytics, jobs: Jobs, runner: ScanRunner, clock: Clock
    ) -> None:
        self._db = database
        self._analytics = analytics
        self._jobs = jobs
        self._runner = runner
        self._clock = clock

    def tidy(self) -> None:
        """Give up scans that nobody runs any more, and drop the listings that no reader can reach."""
        with self._db.read() as connection:
            scans = repository.find_in_state(connection, ScanState.OPEN)
        for scan in scans:
            self._give_up_if_abandoned(scan)
        # The listing's scan is known to the control database before its first row is stored, so this order is safe.
        stored = self._analytics.stored_scans()
        with self._db.read() as connection:
            wanted = {scan.id for scan in repository.find_in_state(connection, ScanState.OPEN)}
            wanted |= {scan.id for scan in repository.newest_complete(connection).values()}
        for scan_id in stored:
            if scan_id not in wanted:
                self._analytics.drop_objects(scan_id)

    def retain(self) -> None:
        """Apply the retention rules to snapshots."""
        now = self._clock.now()
        stored = self._analytics.detailed_scans()
        with self._db.write() as connection:
            scans = repository.find_in_state(connection, ScanState.COMPLETE)
            keep = retention.with_details(scans, now)
            repository.drop_details(connection, keep)
            repository.forget_before(connection, now - retention.TOTALS, keep)
            for state in (ScanState.CANCELLED, ScanState.FAILED):
                repository.forget_before(connection, now - ABANDONED_ROWS, keep, state=state)
            keep |= {scan.id for scan in repository.find_in_state(connection, ScanState.OPEN)}
        self._analytics.drop_details([scan_id for scan_id in stored if scan_id not in keep])
        self.tidy()

    def _give_up_if_abandoned(self, scan: Scan) -> None:
        try:
            run = self._jobs.get(scan.id)
        except NotFoundError:
            self._runner.discard(scan.id, ScanState.FAILED)
            return
        if run.status not in ACTIVE:
            cancelled = run.status is RunStatus.CANCELLED
            self._runner.discard(scan.id, ScanState.CANCELLED if cancelled else ScanState.FAILED, run.error)
