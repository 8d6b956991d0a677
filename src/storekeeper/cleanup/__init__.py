"""Which objects may go from a bucket by themselves: chosen, shown, confirmed, deleted, written down.

`CleanupService` is what others speak to; nouns are in `model`.

    policies     what may go: added, changed and removed with a reason
    plans        what would go, by a live listing; confirmed by a person or by a schedule that one has confirmed
    runs         what went: watched, stopped, and the log
    restoring    what can be brought back from buckets that keep versions
    tend         the job that keeps schedules, and mends what a crash left
"""

from storekeeper.cleanup.api import ROUTES as API_ROUTES
from storekeeper.cleanup.jobs import jobs
from storekeeper.cleanup.pages import ROUTES as PAGE_ROUTES
from storekeeper.cleanup.service import CleanupService

ROUTES = [*API_ROUTES, *PAGE_ROUTES]

__all__ = ["ROUTES", "CleanupService", "jobs"]
