"""Background work of imports."""

from storekeeper.infra.jobs import Job, Retry
from storekeeper.metering.importing.pulling.service import JOB, ImportSourceService


def jobs(sources: ImportSourceService) -> list[Job]:
    """The job `pull-imports`."""
    return [
        Job(
            name=JOB,
            run=sources.run,
            quiet=True,
            cron="*/15 * * * *",
            retry=Retry(attempts=3, base=30, cap=300),
            about="Import from the sources that are due.",
        )
    ]
