"""Background work of notifications."""

from collections.abc import Mapping
from typing import Any

from storekeeper.infra.jobs import Job, Retry, RunContext
from storekeeper.notifications.service import NotificationService


def jobs(notifications: NotificationService) -> list[Job]:
    """The job `notification-retention`."""

    def forget(context: RunContext, _payload: Mapping[str, Any]) -> None:
        context.progress(forgotten=notifications.forget_old())

    return [
        Job(
            name="notification-retention",
            run=forget,
            cron="35 3 * * *",
            retry=Retry(attempts=5, base=60, cap=3600),
            about="Forget notifications that ended long ago.",
        )
    ]
