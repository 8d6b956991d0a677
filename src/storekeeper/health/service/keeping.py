"""Takes away what probes left behind, and lets go what is older than it is kept."""

from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta

import structlog

from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.health import repository
from storekeeper.health.analytics import CHECKS, SUMS, HealthAnalytics
from storekeeper.health.model import HealthConfig
from storekeeper.health.rules.settings import longest_round
from storekeeper.health.rules.sweeping import Broom, is_debris
from storekeeper.health.service.health import HealthService
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError
from storekeeper.objectstore import ObjectStore
from storekeeper.objectstore.probing import RESERVED_PREFIX

Told = Callable[..., None]

log = structlog.get_logger("health")


class HealthKeeping:
    """`node` is whose probes are ours; what it made before this was constructed can not be under way any more."""

    def __init__(
        self,
        health: HealthService,
        database: Database,
        analytics: Analytics,
        buckets: BucketService,
        clock: Clock,
        *,
        node: str,
        checks_days: int,
        sums_days: int,
    ) -> None:
        self._health, self._db, self._buckets, self._clock = health, database, buckets, clock
        self._analytics = HealthAnalytics(analytics)
        self._node, self._begun = node, clock.now()
        self._checks_days, self._sums_days = checks_days, sums_days

    def sweep(self, told: Told) -> int:
        """Delete what rounds left in the buckets; how many objects. A bucket that can not be swept stops no other."""
        swept = 0
        for number, (bucket, config) in enumerate(self._health.watched()):
            told(buckets=number, swept=swept)
            try:
                with closing(self._buckets.open(bucket)) as store:
                    swept += self._sweep(store, bucket, config)
            except StorekeeperError as error:
                log.warning("a bucket could not be swept", bucket=bucket.name, error=error.detail)
        told(swept=swept)
        return swept

    def retain(self, told: Told) -> None:
        """Drop days of checks, months of sums, and changes of statuses and breakers that are too old."""
        now = self._clock.now()
        first_day = (now - timedelta(days=self._checks_days)).date()
        for day in sorted(self._analytics.partitions(CHECKS)):
            if date.fromisoformat(day) < first_day:
                told(day=day)
                self._analytics.drop_day(date.fromisoformat(day))
        first_month = f"{now - timedelta(days=self._sums_days):%Y%m}"
        for table in SUMS:
            for month in sorted(self._analytics.partitions(table)):
                if month < first_month:
                    self._analytics.drop_month(table, month)
        with self._db.write() as connection:
            gone = repository.forget_before(connection, now - timedelta(days=self._sums_days))
        told(changes=gone)

    def _sweep(self, store: ObjectStore, bucket: Bucket, config: HealthConfig) -> int:
        broom = Broom(
            node=self._node, begun=self._begun, longest_round=timedelta(seconds=longest_round(config))
        )
        swept, token = 0, ""
        while True:
            page = store.list_page(prefix=RESERVED_PREFIX, token=token)
            for key in page.objects["key"].to_pylist():
                if is_debris(str(key), broom, self._clock.now()):
                    store.delete(str(key))
                    swept += 1
            if not page.truncated:
                break
            token = page.token
        if swept:
            log.info("probe objects swept", bucket=bucket.name, objects=swept)
        return swept
