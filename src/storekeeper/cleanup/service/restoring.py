"""Brings back what a run deleted, where the bucket keeps versions: takes our delete markers away."""

from collections.abc import Mapping
from contextlib import closing

from msgspec.structs import asdict, replace

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.cleanup import repository
from storekeeper.cleanup.ledger import Entry, Ledger, Settled, Step
from storekeeper.cleanup.model import CleanupRun, NotRestorableError
from storekeeper.cleanup.rules.checking import difference
from storekeeper.cleanup.service.plans import Plans
from storekeeper.cleanup.service.runs import OPEN, Runs
from storekeeper.infra.db import Database
from storekeeper.infra.jobs import Jobs, Run, RunContext
from storekeeper.kernel.clock import Clock
from storekeeper.objectstore import ObjectStore
from storekeeper.objectstore.errors import NoSuchKeyError

JOB = "cleanup-restore"
_AT_ONCE = 100


class Restoring:
    """Each step may be repeated: a marker that is gone already is no error, and an object that is back is seen to be."""

    def __init__(
        self, database: Database, plans: Plans, runs: Runs, buckets: BucketService, jobs: Jobs, audit: AuditTrail, clock: Clock
    ) -> None:  # fmt: skip
        self._db, self._plans, self._runs, self._buckets, self._jobs = database, plans, runs, buckets, jobs
        self._audit, self._clock = audit, clock

    def start(self, run_id: str, *, actor: str) -> Run:
        """Raises UnknownCleanupRunError, NotRestorableError, ConflictError with `runId` while it is under way."""
        run = self._runs.get(run_id)
        if run.state in OPEN:
            raise NotRestorableError("The clean-up is under way.", hint="Stop it first.")
        if not run.restorable:
            raise NotRestorableError(
                f"Nothing that was deleted from {run.bucket} is kept by the bucket.",
                hint="Only buckets with versioning switched on keep it. Take it from a backup; the log says what.",
            )
        job = self._jobs.start(JOB, key=run_id, payload={"run": run_id, "actor": actor})
        with self._db.write() as connection:
            details: dict[str, str | int] = {"run": run_id, "bucket": run.bucket, "objects": run.restorable}
            self._audit.record(
                connection, actor=actor, action="cleanup.restore", target=run.policy, details=details
            )
        return job

    def run(self, context: RunContext, payload: Mapping[str, str]) -> None:
        """The job."""
        run = self._runs.get(payload["run"])
        _, of = self._plans.with_owner(run.plan_id)
        bucket = self._buckets.get_by_id(of.bucket_id)
        self._save(replace(run, restoring=True), of.bucket_id)
        with self._plans.open(run.plan_id) as ledger:
            try:
                with closing(self._buckets.open(bucket)) as store:
                    self._restore(context, store, ledger)
            finally:
                done = replace(run, **asdict(ledger.totals()), restoring=False)
                self._save(done, of.bucket_id)
        with self._db.write() as connection:
            details: dict[str, str | int] = {"run": run.id, "restored": done.restored}
            self._audit.record(
                connection,
                actor=payload["actor"],
                action="cleanup.restored",
                target=run.policy,
                details=details,
            )

    def _restore(self, context: RunContext, store: ObjectStore, ledger: Ledger) -> None:
        after, restored = 0, 0
        while entries := ledger.restorable(after, _AT_ONCE):
            settled: list[Settled] = []
            try:
                for entry in entries:
                    context.progress(restored=restored)
                    settled.append(_brought_back(store, entry))
                    restored += settled[-1].step is Step.RESTORED
            finally:
                ledger.settle(settled, self._clock.now())
            after = entries[-1].seq

    def _save(self, run: CleanupRun, bucket_id: str) -> None:
        with self._db.write() as connection:
            repository.save_run(connection, run, bucket_id)


def _brought_back(store: ObjectStore, entry: Entry) -> Settled:
    """Raises objectstore errors."""
    seen = _difference(store, entry)
    if seen is None:
        store.remove_marker(entry.key, entry.marker)
        seen = _difference(store, entry)
    if seen is None:
        return Settled(entry.seq, Step.DELETED, "the bucket no longer keeps the version that was deleted")
    if seen:
        return Settled(entry.seq, Step.DELETED, f"another object is there now: {seen}", entry.marker)
    return Settled(entry.seq, Step.RESTORED, "", entry.marker)


def _difference(store: ObjectStore, entry: Entry) -> str | None:
    """How what is there is not what was deleted; None where nothing is there."""
    try:
        return difference(entry.planned, store.describe(entry.key))
    except NoSuchKeyError:
        return None
