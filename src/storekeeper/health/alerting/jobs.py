"""Background work of alerts."""

from collections.abc import Mapping
from typing import Any

from storekeeper.health.alerting.service import AlertService
from storekeeper.infra.jobs import Job, Retry, RunContext


def jobs(alerts: AlertService) -> list[Job]:
    """The job `alert-retention`."""

    def forget(context: RunContext, _payload: Mapping[str, Any]) -> None:
        context.progress(forgotten=alerts.forget_old())

    return [
        Job(
            name="alert-retention",
            run=forget,
            cron="30 3 * * *",
            retry=Retry(attempts=5, base=60, cap=3600),
            about="Forget alerts that ended long ago.",
        )
    ]
