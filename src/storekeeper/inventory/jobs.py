"""Background work of the inventory."""

from collections.abc import Mapping
from typing import Any

import structlog

from storekeeper.infra.jobs import Job, Retry, RunContext
from storekeeper.inventory.service import InventoryService

log = structlog.get_logger("inventory")


def jobs(inventory: InventoryService) -> list[Job]:
    """The jobs `scan`, `scan-due` and `inventory-retention`."""

    def start_due(_context: RunContext, _payload: Mapping[str, Any]) -> None:
        if started := inventory.scans.start_due():
            log.info("scheduled scans started", scans=started)

    def retain(_context: RunContext, _payload: Mapping[str, Any]) -> None:
        inventory.retain()

    return [
        Job(
            name="scan",
            run=inventory.run_scan,
            needs_payload=True,
            retry=Retry(attempts=8, base=5, cap=900),
            about="List a bucket and make a snapshot of what it holds.",
        ),
        Job(
            name="scan-due",
            run=start_due,
            quiet=True,
            cron="* * * * *",
            about="Start the scans that their schedules ask for.",
        ),
        Job(
            name="inventory-retention",
            run=retain,
            cron="40 2 * * *",
            about="Forget old snapshots and given-up scans.",
        ),
    ]
