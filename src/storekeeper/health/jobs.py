"""Background work of health."""

from collections.abc import Mapping
from typing import Any

from storekeeper.health.service import HealthKeeping
from storekeeper.infra.jobs import Job, Retry, RunContext


def jobs(keeping: HealthKeeping) -> list[Job]:
    """The jobs `probe-sweep` and `health-retention`."""

    def sweep(context: RunContext, _payload: Mapping[str, Any]) -> None:
        keeping.sweep(context.progress)

    def retain(context: RunContext, _payload: Mapping[str, Any]) -> None:
        keeping.retain(context.progress)

    return [
        Job(
            name="probe-sweep",
            run=sweep,
            quiet=True,
            cron="25 * * * *",
            about="Delete what health checks that were broken off left in the buckets.",
        ),
        Job(
            name="health-retention",
            run=retain,
            cron="20 3 * * *",
            retry=Retry(attempts=5, base=60, cap=3600),
            about="Drop checks, and their sums, that are older than they are kept.",
        ),
    ]
