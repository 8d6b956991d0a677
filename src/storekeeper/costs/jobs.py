"""Background work of costs."""

from collections.abc import Mapping
from typing import Any

from storekeeper.costs.service import CALCULATE, CostService
from storekeeper.infra.jobs import Job, Retry, RunContext


def jobs(costs: CostService) -> list[Job]:
    """The job `calculate-costs`."""

    def calculate(context: RunContext, _payload: Mapping[str, Any]) -> None:
        done = costs.calculate(context.progress)
        context.progress(days=done.days, months=done.months, charges=done.charges)

    return [
        Job(
            name=CALCULATE,
            run=calculate,
            cron="20 */6 * * *",
            retry=Retry(attempts=5, base=60, cap=3600),
            about="Work out what storage costs: the last days, days that are missing, and the months they are in.",
        )
    ]
