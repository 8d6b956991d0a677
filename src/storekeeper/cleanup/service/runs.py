"""Runs as people deal with them: started, watched, stopped, and their logs."""

from contextlib import closing, suppress

import structlog
from msgspec.structs import asdict, replace

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import UnknownBucketError
from storekeeper.cleanup import repository
from storekeeper.cleanup.ledger import Ledger
from storekeeper.cleanup.model import (
    CleanupRun,
    LogPage,
    Outcome,
    Plan,
    PlanState,
    RunPage,
    RunState,
    UnknownCleanupRunError,
    UnknownPlanError,
)
from storekeeper.cleanup.service.executing import Executor, Hooks
from storekeeper.cleanup.service.plans import MOST_LISTED, Plans
from storekeeper.infra.db import Connection, Database
from storekeeper.infra.jobs import ACTIVE, Jobs, Run, RunStatus
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import ConflictError, NotFoundError, StorekeeperError
from storekeeper.objectstore import ObjectStore

JOB = "cleanup-run"
OPEN = (RunState.QUEUED, RunState.RUNNING, RunState.RETRYING)
_OF_JOBS = {
    RunStatus.QUEUED: RunState.QUEUED, RunStatus.RUNNING: RunState.RUNNING, RunStatus.RETRYING: RunState.RETRYING,
    RunStatus.CANCELLED: RunState.STOPPED, RunStatus.DEAD: RunState.FAILED,
}  # fmt: skip

log = structlog.get_logger("cleanup")


class Runs:
    """A run has the id of the job's run; `Carrier` is what does the work."""

    def __init__(
        self,
        database: Database,
        plans: Plans,
        buckets: BucketService,
        jobs: Jobs,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._db, self._plans, self._buckets, self._jobs = database, plans, buckets, jobs
        self._audit, self._clock = audit, clock

    def start(self, plan: Plan) -> Run:
        """Carry out what was confirmed. Raises ConflictError with `runId` while another one is at work in the bucket."""
        _, of = self._plans.with_owner(plan.id)
        job = self._jobs.start(JOB, key=of.bucket_id, payload={"plan": plan.id})
        with self._db.write() as connection:
            if repository.get_run(connection, job.id) is None:
                self.insert(connection, job.id, plan, of.bucket_id)
        return job

    def check_free(self, plan: Plan) -> None:
        """Raises ConflictError with `runId` while another run is at work in the bucket."""
        _, of = self._plans.with_owner(plan.id)
        for job in self._jobs.find(job=JOB, key=of.bucket_id, statuses=ACTIVE, limit=1):
            raise ConflictError(
                f"Another clean-up of {plan.bucket} is under way.",
                hint="Wait for its end, or stop it.",
                runId=job.id,
            )

    def start_confirmed(self) -> int:
        """Start what was confirmed and is not under way, after a crash or when another run had to end first."""
        with self._db.read() as connection:
            confirmed = repository.plans(connection, state=PlanState.CONFIRMED, limit=MOST_LISTED)
        waiting = {
            run.payload.get("plan") for run in self._jobs.find(job=JOB, statuses=ACTIVE, limit=MOST_LISTED)
        }
        count = 0
        for plan in reversed(confirmed):
            if not plan.run_id and plan.id not in waiting:
                with suppress(ConflictError):
                    self.start(plan)
                    count += 1
        return count

    def get(self, run_id: str) -> CleanupRun:
        """Raises UnknownCleanupRunError."""
        with self._db.read() as connection:
            stored = repository.get_run(connection, run_id)
        if stored is None:
            raise UnknownCleanupRunError(
                f"There is no clean-up {run_id!r}.", hint="`storekeeper cleanup runs` shows them."
            )
        return _shown(stored, self._job(run_id) if stored.state in OPEN else None)

    def page(self, *, policy: str = "", before: str = "", limit: int = 50) -> RunPage:
        """Those that have begun, newest first."""
        limit = max(1, min(limit, MOST_LISTED))
        with self._db.read() as connection:
            found = repository.runs(connection, policy=policy, before=before, limit=limit + 1)
        items = [_shown(run, self._job(run.id) if run.state in OPEN else None) for run in found[:limit]]
        return RunPage(items=items, next_cursor=items[-1].id if len(found) > limit else None)

    def stop(self, run_id: str, *, actor: str) -> CleanupRun:
        """What was deleted stays in the log. Raises UnknownCleanupRunError, ConflictError when it is over."""
        run = self.get(run_id)
        self._jobs.cancel(run_id)
        with self._db.write() as connection:
            self._audit.record(
                connection, actor=actor, action="cleanup.stop", target=run.policy, details={"run": run_id}
            )
        return self.get(run_id)

    def log(
        self, run_id: str, *, after: int = 0, limit: int = 100, outcome: Outcome | None = None
    ) -> LogPage:
        """What became of the objects, in the order of the plan. Raises UnknownCleanupRunError, UnknownPlanError."""
        limit = max(1, min(limit, 10 * MOST_LISTED))
        with self.ledger(self.get(run_id)) as ledger:
            found = ledger.log(after, limit + 1, outcome)
        more = len(found) > limit
        return LogPage(
            items=[one for _, one in found[:limit]], next_cursor=str(found[limit - 1][0]) if more else None
        )

    def ledger(self, run: CleanupRun) -> Ledger:
        """The file of its plan; the caller closes it. Raises UnknownPlanError."""
        return self._plans.open(run.plan_id)

    def mend(self) -> int:
        """End runs that nobody carries on: stopped while they waited, or given up. How many."""
        with self._db.read() as connection:
            found = repository.runs(connection, limit=MOST_LISTED)
        count = 0
        for run in (run for run in found if run.state in OPEN):
            shown = _shown(run, self._job(run.id))
            if shown.state in OPEN:
                continue
            with suppress(UnknownPlanError):
                count += self.conclude(run, shown.state, shown.error)
        return count

    def insert(self, connection: Connection, run_id: str, plan: Plan, bucket_id: str) -> CleanupRun:
        """The plan can not be carried out by another run from then on."""
        run = CleanupRun(
            id=run_id, plan_id=plan.id, policy=plan.policy, bucket=plan.bucket, state=RunState.QUEUED,
            origin=plan.origin, actor=plan.confirmed_by, planned=plan.objects, planned_bytes=plan.bytes,
        )  # fmt: skip
        repository.update_plan(connection, replace(plan, run_id=run_id), only_in=PlanState.CONFIRMED)
        repository.save_run(connection, run, bucket_id)
        return run

    def conclude(self, run: CleanupRun, state: RunState, why: str) -> bool:
        """Look at what is in flight where it was broken off, add up, and end it; false where the bucket does not answer."""
        _, of = self._plans.with_owner(run.plan_id)
        with self._plans.open(run.plan_id) as ledger:
            try:
                self._look_again(ledger, of.bucket_id)
            except StorekeeperError as error:
                log.warning("a clean-up can not be concluded yet", run=run.id, error=error.detail)
                return False
            totals = asdict(ledger.totals())
        ended = replace(run, **totals, state=state, finished_at=self._clock.now(), error=why)
        with self._db.write() as connection:
            repository.save_run(connection, ended, of.bucket_id)
            details: dict[str, str | int] = {
                "run": run.id,
                "plan": run.plan_id,
                "bucket": run.bucket,
                **totals,
            }
            self._audit.record(
                connection, actor=run.actor, action=f"cleanup.{state}", target=run.policy, details=details
            )
        return True

    def save(self, run: CleanupRun, bucket_id: str) -> None:
        with self._db.write() as connection:
            repository.save_run(connection, run, bucket_id)

    def _look_again(self, ledger: Ledger, bucket_id: str) -> None:
        """At what is in flight. Of a bucket that is no longer known nothing can be found out any more."""
        if not ledger.in_flight():
            return
        try:
            bucket = self._buckets.get_by_id(bucket_id)
        except UnknownBucketError:
            return
        with closing(self._buckets.open(bucket)) as store:
            _looking(store, ledger, self._clock).conclude()

    def _job(self, run_id: str) -> Run | None:
        try:
            job = self._jobs.get(run_id)
        except NotFoundError:
            return None
        return job if job.job == JOB else None


def _looking(store: ObjectStore, ledger: Ledger, clock: Clock) -> Executor:
    """What only looks."""
    nothing = Hooks(lambda: None, lambda: None, lambda: None)
    return Executor(store, ledger, nothing, clock, tags={}, per_second=1, workers=1)


def _shown(run: CleanupRun, job: Run | None) -> CleanupRun:
    """What the job says counts where the run's own row is behind it."""
    if run.state not in OPEN:
        return run
    if job is None:
        return replace(run, state=RunState.STOPPED)
    return replace(run, state=_OF_JOBS.get(job.status, run.state), error=run.error or job.error)
