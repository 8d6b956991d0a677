"""When a bucket's next scan is due."""

from datetime import datetime, timedelta

from croniter import croniter

from storekeeper.buckets.model import Bucket

_ON_DEMAND_STALE = timedelta(days=7)


def is_due(bucket: Bucket, last_started: datetime | None, now: datetime) -> bool:
    """Whether the schedule had a moment since the last scan began, or since the bucket was registered.

    Moments that were missed, for example while the server was down, are made good by one scan.
    """
    if not bucket.scan_cron:
        return False
    upcoming: datetime = croniter(bucket.scan_cron, last_started or bucket.created_at).get_next(datetime)
    return upcoming <= now


def is_stale(bucket: Bucket, scanned_at: datetime, now: datetime) -> bool:
    """Whether a snapshot is older than its schedule explains: two moments for a new one went by."""
    if not bucket.scan_cron:
        return now - scanned_at > _ON_DEMAND_STALE
    moments = croniter(bucket.scan_cron, scanned_at)
    moments.get_next(datetime)
    second: datetime = moments.get_next(datetime)
    return second <= now
