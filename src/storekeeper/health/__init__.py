"""Is each bucket working, operation by operation: signed probes, their records, and the breakers that they feed.

`HealthService` is what others speak to; nouns are in `model`. Bucket names go in and come out.

    config, effective, overrides, configure, override, cost     settings; a running monitor takes them over at once
    start, stop, running, stats                                 the monitor; whether it runs is kept
    check_now                                                   rounds now, waited for and recorded
    statuses, status, changes, uptime                           how buckets are and were
    history, metrics                                            checks and their sums, a few seconds behind
    breakers.all, .get, .transitions, .act, .events             breakers; `events(after)` is what clients follow
    vantages.points                                             other machines that look; `VantageService` speaks to them
    subscribe                                                   to hear of changes in the transaction that stores them
    start_up, close                                             once, by who made it; `HealthKeeping` is what jobs do
"""

from storekeeper.health.alerting import AlertService
from storekeeper.health.alerting import jobs as alert_jobs
from storekeeper.health.jobs import jobs
from storekeeper.health.node import node_of
from storekeeper.health.routes import ROUTES
from storekeeper.health.service import HealthKeeping, HealthService, Listener
from storekeeper.health.vantage import VantageService

__all__ = [
    "ROUTES",
    "AlertService",
    "HealthKeeping",
    "HealthService",
    "Listener",
    "VantageService",
    "alert_jobs",
    "jobs",
    "node_of",
]
