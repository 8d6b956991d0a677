"""Background work of quotas."""

from collections.abc import Mapping
from typing import Any

from storekeeper.infra.jobs import Job, RunContext
from storekeeper.quotas.service import QuotaService


def jobs(quotas: QuotaService) -> list[Job]:
    """The job `quota-use`."""

    def refresh(context: RunContext, _payload: Mapping[str, Any]) -> None:
        context.progress(quotas=quotas.refresh())

    return [
        Job(
            name="quota-use",
            run=refresh,
            cron="*/5 * * * *",
            quiet=True,
            about="Compute what quotas use, and who is over.",
        )
    ]
