"""Background work on what is kept."""

from collections.abc import Mapping
from typing import Any

from storekeeper.infra.jobs import Job, Retry, RunContext
from storekeeper.metering.keeping.service import REBUILD, RESTORE, KeepingService, days_of


def jobs(keeping: KeepingService) -> list[Job]:
    """The jobs `operations-retention`, `operations-restore` and `sums-rebuild`."""

    def retain(context: RunContext, _payload: Mapping[str, Any]) -> None:
        keeping.retain(context.progress)

    def restore(context: RunContext, payload: Mapping[str, Any]) -> None:
        context.progress(operations=keeping.restore(days_of(payload), context.progress))

    def rebuild(context: RunContext, payload: Mapping[str, Any]) -> None:
        found = keeping.rebuild(days_of(payload), context.progress)
        left = [one.day.isoformat() for one in found if not one.done]
        context.progress(rebuilt=len(found) - len(left), left=left)

    return [
        Job(
            name="operations-retention",
            run=retain,
            cron="10 3 * * *",
            retry=Retry(attempts=5, base=60, cap=3600),
            about="Archive and drop operations and sums that are older than they are kept.",
        ),
        Job(
            name=RESTORE,
            run=restore,
            needs_payload=True,
            about="Bring archived operations back for a week.",
        ),
        Job(
            name=REBUILD,
            run=rebuild,
            needs_payload=True,
            about="Count the sums of whole days again from operations and archives.",
        ),
    ]
