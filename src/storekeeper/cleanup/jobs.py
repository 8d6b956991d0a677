"""Background work of clean-up."""

from collections.abc import Mapping
from typing import Any

from storekeeper.cleanup.service import CleanupService
from storekeeper.infra.jobs import Job, Retry, RunContext


def jobs(cleanup: CleanupService) -> list[Job]:
    """The jobs `cleanup-plan`, `cleanup-run`, `cleanup-restore`, `cleanup-due` and `cleanup-retention`."""

    def tend(_context: RunContext, _payload: Mapping[str, Any]) -> None:
        cleanup.tend()

    def retain(context: RunContext, _payload: Mapping[str, Any]) -> None:
        context.progress(forgotten=cleanup.retain())

    patient = Retry(attempts=8, base=15, cap=900)
    return [
        Job(
            name="cleanup-plan",
            run=cleanup.maker.run,
            needs_payload=True,
            retry=patient,
            about="List what a clean-up policy would delete; deletes nothing.",
        ),
        Job(
            name="cleanup-run",
            run=cleanup.carrier.run,
            needs_payload=True,
            retry=patient,
            about="Delete what a confirmed plan lists.",
        ),
        Job(
            name="cleanup-restore",
            run=cleanup.restoring.run,
            needs_payload=True,
            retry=patient,
            about="Bring back what a clean-up deleted, where the bucket keeps versions.",
        ),
        Job(
            name="cleanup-due",
            run=tend,
            quiet=True,
            cron="* * * * *",
            about="Start the clean-ups that schedules ask for and people confirmed.",
        ),
        Job(
            name="cleanup-retention",
            run=retain,
            cron="45 2 * * *",
            about="Forget old clean-up plans and logs.",
        ),
    ]
