"""Facts across capabilities: whether this server is well, how its background work goes, the overview's figures."""

import platform
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from storekeeper import __version__
from storekeeper.audit import AuditTrail
from storekeeper.health import HealthService
from storekeeper.health.model import BucketHealth, Status
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Database, library_versions
from storekeeper.infra.jobs import Jobs, Run, RunStatus
from storekeeper.infra.web import Answers
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import BadInputError

PROBE_SECONDS = 5.0
DISK_RESERVE = 200_000_000  # bytes that must stay free so that the control database can be written


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Each service is `healthy`, `degraded` or `unhealthy`; the whole is the worst of them.

    `storage` are the buckets: sick ones make it degraded at most, as the server itself does without them.
    """

    status: str
    services: Mapping[str, str]


class DashboardService:
    """Looks across capabilities; owns no data."""

    def __init__(
        self,
        database: Database,
        analytics: Analytics,
        jobs: Jobs,
        audit: AuditTrail,
        clock: Clock,
        *,
        health: HealthService,
        answers: Answers,
        data_dir: Path,
    ) -> None:
        self._db = database
        self._analytics = analytics
        self._jobs = jobs
        self._audit = audit
        self._clock = clock
        self._data_dir = data_dir
        self._started = clock.monotonic()
        self._buckets, self._answers = health, answers
        self._looked: tuple[float, dict[str, str]] | None = None
        self._lock = threading.Lock()

    def uptime(self) -> float:
        """Seconds since this process was ready."""
        return self._clock.monotonic() - self._started

    def figures(self) -> dict[str, float]:
        """Seconds since the start; how this server answered in the last minutes."""
        lately = self._answers.figures()
        return {
            "uptime": round(self.uptime(), 1),
            "responseTimeMs": lately.response_ms,
            "errorRate": lately.error_rate,
        }

    def buckets(self) -> list[BucketHealth]:
        """How every bucket is."""
        return self._buckets.statuses()

    def health(self) -> Health:
        """Parts of the server are looked at at most every five seconds, so that probes by orchestrators cost little."""
        with self._lock:
            now = self._clock.monotonic()
            if self._looked is None or now - self._looked[0] > PROBE_SECONDS:
                self._looked = (now, self._look())
            parts = self._looked[1]
        services = {
            "database": parts["database"],
            "analytics": parts["analytics"],
            "storage": _storage(self.buckets()),
            "queue": parts["queue"],
        }
        return Health(status=_worst(*services.values()), services=services)

    def versions(self) -> dict[str, str]:
        """Versions of what runs."""
        return library_versions() | {
            "version": __version__,
            "engine": self._analytics.version(),
            "python": platform.python_version(),
        }

    def jobs(self) -> list[dict[str, Any]]:
        """Every registered job with counts by status and its last run."""
        counts = self._jobs.counts()
        return [
            {
                "name": job.name,
                "about": job.about,
                "cron": job.cron,
                "counts": {status: count for (name, status), count in counts.items() if name == job.name},
                "last_run": next(iter(self._jobs.find(job=job.name, limit=1)), None),
            }
            for job in self._jobs.registered()
        ]

    def job_health(self) -> dict[str, Any]:
        """See `JobHealth`."""
        counts = self._jobs.counts()
        dead = sum(count for (_, status), count in counts.items() if status == RunStatus.DEAD)
        queued = self._jobs.find(statuses=[RunStatus.QUEUED], limit=1000)
        oldest = min((run.created_at for run in queued), default=None)
        late = oldest is not None and (self._clock.now() - oldest).total_seconds() > 300
        return {
            "healthy": dead == 0 and not late,
            "dead": dead,
            "queued": len(queued),
            "oldest_queued_at": oldest,
        }

    def run_job(self, name: str, *, actor: str) -> Run:
        """Start a job now. Raises NotFoundError, ConflictError, BadInputError for a job that needs to know more."""
        if any(job.name == name and job.needs_payload for job in self._jobs.registered()):
            raise BadInputError(
                f"{name} can not be started by its name alone.",
                hint="Scan a bucket with `storekeeper scan NAME`.",
            )
        run = self._jobs.start(name)
        self._record(actor, "job.run", name)
        return run

    def cancel_run(self, run_id: str, *, actor: str) -> Run:
        run = self._jobs.cancel(run_id)
        self._record(actor, "job.cancel", run.job)
        return run

    def retry_run(self, run_id: str, *, actor: str) -> Run:
        run = self._jobs.retry(run_id)
        self._record(actor, "job.retry", run.job)
        return run

    def purge_dead(self, *, actor: str) -> int:
        """Forget dead runs; returns how many."""
        purged = self._jobs.purge(status=RunStatus.DEAD)
        self._record(actor, "job.purge", "dead", runs=purged)
        return purged

    def _record(self, actor: str, action: str, target: str, **details: int) -> None:
        with self._db.write() as connection:
            self._audit.record(connection, actor=actor, action=action, target=target, details=details)

    def _look(self) -> dict[str, str]:
        return {
            "database": _worst(_answers(self._ask_database), self._disk()),
            "analytics": _answers(self._analytics.version),
            "queue": _answers(self._jobs.counts),
        }

    def _ask_database(self) -> None:
        with self._db.read() as connection:
            connection.exec_driver_sql("SELECT 1")

    def _disk(self) -> str:
        free = shutil.disk_usage(self._data_dir).free
        return "healthy" if free > 2 * DISK_RESERVE else "degraded" if free > DISK_RESERVE else "unhealthy"


def _storage(buckets: Sequence[BucketHealth]) -> str:
    sick = any(one.status in (Status.DEGRADED, Status.UNHEALTHY) for one in buckets)
    return "degraded" if sick else "healthy"


def _worst(*states: str) -> str:
    return next((state for state in ("unhealthy", "degraded") if state in states), "healthy")


def _answers(ask: Callable[[], Any]) -> str:
    begun = time.perf_counter()
    try:
        ask()
    except Exception:  # noqa: BLE001 - whatever its library raises, that part does not answer
        return "unhealthy"
    return "healthy" if time.perf_counter() - begun < 1 else "degraded"
