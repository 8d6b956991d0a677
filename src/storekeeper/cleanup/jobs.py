"""Background work of clean-up."""

from collections.abc import Callable, Mapping
from typing import Any

from storekeeper.cleanup.service import CleanupService
from storekeeper.infra.jobs import Job, Retry, RunContext

_PATIENT = Retry(attempts=8, base=15, cap=900)
Work = Callable[[RunContext, Mapping[str, Any]], None]


def jobs(cleanup: CleanupService) -> list[Job]:
    """The jobs `cleanup-plan`, `cleanup-run`, `cleanup-restore`, `cleanup-due` and `cleanup-retention`."""

    def tend(_context: RunContext, _payload: Mapping[str, Any]) -> None:
        cleanup.tend()

    def retain(context: RunContext, _payload: Mapping[str, Any]) -> None:
        context.progress(forgotten=cleanup.retain())

    return [
        _started(
            "cleanup-plan", cleanup.maker.run, "List what a clean-up policy would delete; deletes nothing."
        ),
        _started("cleanup-run", cleanup.carrier.run, "Delete what a confirmed plan lists."),
        _started(
            "cleanup-restore",
            cleanup.restoring.run,
            "Bring back what a clean-up deleted, where the bucket keeps versions.",
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


def _started(name: str, run: Work, about: str) -> Job:
    """What a person or a schedule starts; it outlives a bucket that is away for a while."""
    return Job(name=name, run=run, needs_payload=True, retry=_PATIENT, about=about)
