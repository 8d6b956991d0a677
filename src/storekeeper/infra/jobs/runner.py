"""Runs jobs on DBOS: a run survives kill -9 and is taken up again by the next process.

The row in `job_run` is what people see and is written first; the DBOS workflow is what makes it happen. A crash
between the two is mended at launch, when every active row without a living workflow is enqueued again.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID

from storekeeper.infra import db, memory
from storekeeper.infra.jobs import repository
from storekeeper.infra.jobs.model import ACTIVE, Job, Run, RunCancelledError, RunStatus
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import ConflictError, NotFoundError, StorekeeperError
from storekeeper.kernel.ids import new_id

APPLICATION = "storekeeper"
QUEUE = "storekeeper-jobs"
CONCURRENCY = 4
POLL_SECONDS = 1.0  # each poll costs the idle server some 3 ms
PROGRESS_SECONDS = 0.5
HEAVY_SECONDS = 1.0
_LIVING = {"PENDING", "ENQUEUED", "DELAYED"}

log = structlog.get_logger("jobs")


class Jobs:
    """The registry and the runner. Register every job, then `launch`; one instance a process (DBOS's own limit)."""

    def __init__(
        self, database: db.Database, *, state_url: str, clock: Clock, poll_seconds: float = POLL_SECONDS
    ) -> None:
        self._db = database
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._engine = db.create_engine(state_url, begins_itself=True)
        self._launched = False
        self._poll_seconds = poll_seconds
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_engine": self._engine,
            "system_database_url": state_url,
            "application_version": "1",  # pending work must outlive a release, so the version is fixed
            "executor_id": "local" if state_url.startswith("sqlite") else "",
            "run_migrations": True,
            "enable_otlp": False,
            "log_level": "ERROR",
        }
        DBOS(config=config)

        @DBOS.workflow(name="execute-run", max_recovery_attempts=1000)
        def execute(run_id: str) -> None:
            self._execute_run(run_id)

        @DBOS.workflow(name="start-scheduled")
        def scheduled(due: datetime, name: str) -> None:
            self._start_scheduled(due, name)

        self._execute, self._scheduled = execute, scheduled

    def register(self, job: Job) -> None:
        self._jobs[job.name] = job

    def registered(self) -> Sequence[Job]:
        """All jobs by name."""
        return sorted(self._jobs.values(), key=lambda job: job.name)

    def launch(self) -> None:
        """Take up what an earlier process left, then start the schedules."""
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=CONCURRENCY, polling_interval_sec=self._poll_seconds)
        DBOS.apply_schedules(
            [
                {
                    "schedule_name": job.name,
                    "workflow_fn": self._scheduled,
                    "schedule": job.cron,
                    "context": job.name,
                }
                for job in self._jobs.values()
                if job.cron
            ]
        )
        self._launched = True
        self._reconcile()

    def close(self) -> None:
        """Stop taking up work; runs under way are left for the next process."""
        DBOS.destroy(destroy_registry=True)
        self._engine.dispose()
        self._launched = False

    def start(
        self, name: str, *, key: str = "", payload: Mapping[str, Any] | None = None, delay: float = 0
    ) -> Run:
        """Put a run in the queue.

        Raises NotFoundError for an unknown job, ConflictError with the `runId` of the run that is active already
        for this job and key.
        """
        if name not in self._jobs:
            raise NotFoundError(f"There is no job {name!r}.", hint=f"Known: {', '.join(sorted(self._jobs))}.")
        run = Run(
            id=new_id(self._clock.now()), job=name, key=key, status=RunStatus.QUEUED, payload=dict(payload or {}),
            progress={}, attempt=0, error="", created_at=self._clock.now(), started_at=None, finished_at=None,
            cancel_requested=False,
        )  # fmt: skip
        with self._db.write() as connection:
            active = repository.find_active(connection, name, key)
            if active:
                raise ConflictError(f"{name} is already under way.", runId=active.id)
            repository.insert(connection, run)
        self._enqueue(run.id, delay)
        return run

    def get(self, run_id: str) -> Run:
        """Raises NotFoundError."""
        with self._db.read() as connection:
            run = repository.get(connection, run_id)
        if run is None:
            raise NotFoundError(f"There is no run {run_id}.")
        return run

    def find(self, **filters: Any) -> list[Run]:
        """See `repository.find`."""
        with self._db.read() as connection:
            return repository.find(connection, **filters)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many runs are kept by (job, status)."""
        with self._db.read() as connection:
            return repository.counts(connection)

    def cancel(self, run_id: str) -> Run:
        """Ask a run to stop at its next step; one that has not started never will."""
        run = self.get(run_id)
        if run.status not in ACTIVE:
            raise ConflictError(f"Run {run_id} is already {run.status}.")
        with self._db.write() as connection:
            repository.request_cancel(connection, run_id)
            if run.status is not RunStatus.RUNNING:
                repository.finish(connection, run_id, RunStatus.CANCELLED, "", self._clock.now())
        return self.get(run_id)

    def retry(self, run_id: str) -> Run:
        """Put a dead or cancelled run back in the queue."""
        run = self.get(run_id)
        if run.status not in (RunStatus.DEAD, RunStatus.CANCELLED):
            raise ConflictError(f"Run {run_id} is {run.status}; only dead or cancelled runs can be retried.")
        with self._db.write() as connection:
            active = repository.find_active(connection, run.job, run.key)
            if active:
                raise ConflictError(f"{run.job} is already under way.", runId=active.id)
            repository.revive(connection, run_id)
        self._enqueue(run_id)
        return self.get(run_id)

    def purge(self, *, status: RunStatus | None = None, older_than: timedelta | None = None) -> int:
        """Forget ended runs; returns how many."""
        before = self._clock.now() - older_than if older_than is not None else None
        with self._db.write() as connection:
            return repository.delete(connection, status=status, finished_before=before)

    def _enqueue(self, run_id: str, delay: float = 0) -> None:
        if not self._launched:
            return  # launch() takes up every active row
        workflow_id = f"{run_id}.{new_id(self._clock.now())[-12:]}"
        with SetWorkflowID(workflow_id), SetEnqueueOptions(delay_seconds=delay or None):
            DBOS.enqueue_workflow(QUEUE, self._execute, run_id)

    def _reconcile(self) -> None:
        for run in self.find(statuses=ACTIVE, limit=10_000):
            workflows = DBOS.list_workflows(
                workflow_id_prefix=run.id + ".", load_input=False, load_output=False
            )
            if not any(workflow.status in _LIVING for workflow in workflows):
                self._enqueue(run.id)

    def _start_scheduled(self, _due: datetime, name: str) -> None:
        try:
            self.start(name)
        except ConflictError:
            log.info("still under way, schedule skipped", job=name)

    def _execute_run(self, run_id: str) -> None:
        with self._db.write() as connection:
            run = repository.get(connection, run_id)
            if run is None or run.status not in ACTIVE:
                return
            repository.begin_attempt(connection, run_id, self._clock.now())
        job = self._jobs.get(run.job)
        if job is None:
            self._finish(run, RunStatus.DEAD, f"This release has no job {run.job!r}.")
            return
        begun = self._clock.monotonic()
        self._attempt(job, run)
        if self._clock.monotonic() - begun > HEAVY_SECONDS:
            memory.give_back()

    def _attempt(self, job: Job, run: Run) -> None:
        context = _Context(self._db, self._clock, run.id, run.attempt + 1)
        try:
            job.run(context, run.payload)
        except RunCancelledError:
            status, error = RunStatus.CANCELLED, ""
        except Exception as failure:  # whatever a job raises ends this attempt, never the worker
            log.warning("attempt failed", job=run.job, run=run.id, attempt=context.attempt, exc_info=failure)
            context.flush()
            self._failed(job, run, context.attempt, failure)
            return
        else:
            status, error = RunStatus.SUCCEEDED, ""
        context.flush()
        self._finish(run, status, error)

    def _failed(self, job: Job, run: Run, attempt: int, failure: Exception) -> None:
        error = _in_words(failure)
        final = isinstance(failure, StorekeeperError) and not getattr(failure, "retry", True)
        if final or attempt >= job.retry.attempts:
            self._finish(run, RunStatus.DEAD, error)
            return
        self._finish(run, RunStatus.RETRYING, error)
        self._enqueue(run.id, job.retry.delay(attempt))

    def _finish(self, run: Run, status: RunStatus, error: str) -> None:
        job = self._jobs.get(run.job)
        with self._db.write() as connection:
            repository.finish(connection, run.id, status, error, self._clock.now())
            if job and job.quiet and status is RunStatus.SUCCEEDED:
                repository.delete_older_successes(connection, run)


class _Context:
    """What a job sees of its run. Progress is written at most every half second."""

    def __init__(self, database: db.Database, clock: Clock, run_id: str, attempt: int) -> None:
        self.run_id = run_id
        self.attempt = attempt
        self._db = database
        self._clock = clock
        self._figures: dict[str, Any] = {}
        self._written = float("-inf")
        self._lock = threading.Lock()

    def progress(self, **figures: Any) -> None:
        with self._lock:
            self._figures |= figures
            if self._clock.monotonic() - self._written < PROGRESS_SECONDS:
                return
            self._written = self._clock.monotonic()
        self.flush()
        with self._db.read() as connection:
            run = repository.get(connection, self.run_id)
        if run is None or run.cancel_requested:
            raise RunCancelledError

    def flush(self) -> None:
        if self._figures:
            with self._db.write() as connection:
                repository.save_progress(connection, self.run_id, self._figures)


def _in_words(failure: Exception) -> str:
    if isinstance(failure, StorekeeperError):
        return failure.in_words()
    return f"{type(failure).__name__}: {failure}"[:1000]
