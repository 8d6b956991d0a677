"""When a bucket's next scan is due."""

from datetime import datetime

from croniter import croniter

from storekeeper.buckets.model import Bucket


def is_due(bucket: Bucket, last_started: datetime | None, now: datetime) -> bool:
    """Whether the schedule had a moment since the last scan began, or since the bucket was registered.

    Moments that were missed, for example while the server was down, are made good by one scan.
    """
    if not bucket.scan_cron:
        return False
    upcoming: datetime = croniter(bucket.scan_cron, last_started or bucket.created_at).get_next(datetime)
    return upcoming <= now
