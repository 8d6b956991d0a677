"""Watches for what no price is known for, and tells of each once a month."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from itertools import groupby

import msgspec

from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.costs.unclassified import repository
from storekeeper.costs.unclassified.analytics import Unpriced, unpriced
from storekeeper.costs.unclassified.model import Kind, Notice, Unclassified
from storekeeper.costs.unclassified.repository import Key
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Connection, Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id
from storekeeper.notifications import Message, NotificationService

KEPT = timedelta(days=366)


class UnclassifiedWatch:
    """Safe to share between threads. `watch` is called whenever costs were worked out."""

    def __init__(
        self,
        database: Database,
        analytics: Analytics,
        buckets: BucketService,
        notifications: NotificationService,
        clock: Clock,
    ) -> None:
        self._db, self._analytics, self._buckets = database, analytics, buckets
        self._notifications, self._clock = notifications, clock
        buckets.on_remove(self._forget)

    def now(self) -> Sequence[Unclassified]:
        """What the last calculation found no price for in the present month."""
        with self._db.read() as connection:
            return repository.lasting(connection)

    def watch(self) -> int:
        """Remember what has no price this month, and tell of what is new; how much that is."""
        now = self._clock.now().astimezone(UTC)
        first = now.date().replace(day=1)
        month = f"{first:%Y-%m}"
        names = {bucket.id: bucket.name for bucket in self._buckets.all()}
        until = (first + timedelta(days=31)).replace(day=1)
        seen = [one for one in unpriced(self._analytics, first, until) if one.bucket_id in names]
        keys = {Key(one.bucket_id, month, one.kind, one.name): one for one in seen}
        with self._db.write() as connection:
            known = repository.known(connection, month)
            fresh = [one for key, one in keys.items() if key not in known]
            for bucket_id, found in groupby(fresh, key=lambda one: one.bucket_id):
                self._meet(connection, names[bucket_id], month, list(found))
            repository.settle(connection, month, keys)
            repository.forget_before(connection, f"{first - KEPT:%Y-%m}")
        return len(fresh)

    def _meet(self, connection: Connection, bucket: str, month: str, found: Sequence[Unpriced]) -> None:
        now = self._clock.now()
        new = [
            Unclassified(
                bucket=bucket,
                month=month,
                kind=one.kind,
                name=one.name,
                reason=one.reason,
                first_seen_at=now,
            )
            for one in found
        ]
        repository.insert(connection, found[0].bucket_id, new)
        notice = Notice(
            bucket=bucket,
            month=month,
            operations=[one.name for one in new if one.kind is Kind.OPERATION],
            storage_classes=[one.name for one in new if one.kind is Kind.STORAGE_CLASS],
            reason=new[0].reason,
            first_seen_at=now,
        )
        message = Message(
            subject=new_id(now),
            transition="seen",
            event="cost.unclassified",
            at=now,
            data=msgspec.to_builtins(notice),
        )
        self._notifications.tell(connection, message)

    def _forget(self, connection: Connection, bucket: Bucket) -> None:
        repository.forget_bucket(connection, bucket.id)
