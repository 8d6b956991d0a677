"""What is kept of old snapshots."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from storekeeper.inventory.model import Scan

DETAILS = timedelta(days=30)
TOTALS = timedelta(days=365)


def with_details(scans: Iterable[Scan], now: datetime) -> set[str]:
    """Ids of complete scans whose groups, folders and files stay.

    Of each bucket the newest, and for 30 days the newest of each day.
    """
    newest: dict[object, Scan] = {}
    for scan in scans:
        if scan.finished_at is None:
            continue
        keys: list[object] = [scan.bucket_id]
        if now - scan.finished_at <= DETAILS:
            keys.append((scan.bucket_id, scan.finished_at.date()))
        for key in keys:
            if key not in newest or (newest[key].finished_at or now) < scan.finished_at:
                newest[key] = scan
    return {scan.id for scan in newest.values()}
