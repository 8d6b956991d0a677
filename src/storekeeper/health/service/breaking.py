"""The breakers of all buckets: kept, restored, followed, and told what to do."""

import threading
from collections.abc import Callable, Mapping
from functools import partial

from storekeeper.audit import AuditTrail
from storekeeper.buckets.model import UnknownBucketError
from storekeeper.health import repository
from storekeeper.health.model import (
    BreakerEvent,
    BreakerOrder,
    BreakerTransition,
    BreakerView,
    HealthConfig,
    TransitionPage,
)
from storekeeper.health.rules import sharing
from storekeeper.health.rules.settings import breaker_config
from storekeeper.health.service import gauges
from storekeeper.health.service.bucket_breaker import BucketBreaker
from storekeeper.health.service.journal import Journal
from storekeeper.infra.db import Connection, Database
from storekeeper.kernel.clock import Clock
from storekeeper_client.breaker import Mode, State

MOST_LISTED = 1000


class Breakers:
    """Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        audit: AuditTrail,
        clock: Clock,
        *,
        journal: Callable[[Callable[[str], BreakerView | None]], Journal],
    ) -> None:
        self._db, self._audit, self._clock = database, audit, clock
        self._journal = journal(self._view)
        self._by_id: dict[str, BucketBreaker] = {}
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()
        with database.read() as connection:
            self._stored = repository.breakers(connection, {})

    @property
    def journal(self) -> Journal:
        return self._journal

    def keep(self, buckets: Mapping[str, tuple[str, HealthConfig]]) -> None:
        """Have a breaker for each of these, by id with name and settings, and for no others."""
        with self._lock:
            for bucket_id, (name, config) in buckets.items():
                known = self._by_id.get(bucket_id)
                if known:
                    known.configure(breaker_config(config))
                else:
                    self._by_id[bucket_id] = self._made(bucket_id, name, config)
            for gone in self._by_id.keys() - buckets.keys():
                del self._by_id[gone]
                self._journal.drop(gone)
            self._names = {bucket_id: name for bucket_id, (name, _) in buckets.items()}

    def of(self, bucket_id: str) -> BucketBreaker | None:
        return self._by_id.get(bucket_id)

    def is_open(self, bucket_id: str) -> bool:
        """Whether it lets nothing pass now; false where none watches the bucket."""
        breaker = self.of(bucket_id)
        if breaker is None:
            return False
        view = breaker.view()
        return view.mode is Mode.FORCED_OPEN or (view.mode is Mode.AUTOMATIC and view.state is State.OPEN)

    def all(self) -> list[BreakerView]:
        """By name of the bucket."""
        views = [breaker.view() for breaker in list(self._by_id.values())]
        return sorted(views, key=lambda view: view.bucket)

    def get(self, bucket: str) -> BreakerView:
        """Raises UnknownBucketError."""
        return self._by_id[self._id(bucket)].view()

    def transitions(self, *, bucket: str = "", cursor: str = "", limit: int = 100) -> TransitionPage:
        """Newest first. Raises UnknownBucketError."""
        bucket_id, limit = self._id(bucket) if bucket else "", max(1, min(limit, MOST_LISTED))
        with self._db.read() as connection:
            found = repository.transitions(
                connection, self._names, bucket_id=bucket_id, before=cursor, limit=limit + 1
            )
        more = len(found) > limit
        return TransitionPage(items=found[:limit], next_cursor=found[limit - 1].id if more else None)

    def act(self, bucket: str, order: BreakerOrder, *, actor: str) -> BreakerView:
        """Do it, store it, audit it. Raises UnknownBucketError, BreakerShareError, UnavailableError."""
        bucket_id = self._id(bucket)
        with self._journal.saving:
            if order.automatic:
                sharing.check_share(self.all(), bucket)
            breaker = self._by_id[bucket_id]
            before = breaker.view()
            breaker.act(order, actor)
            try:
                self._journal.flush(partial(self._record, bucket, before, breaker.view(), order, actor))
            except BaseException:
                breaker.restore(before)
                self._journal.drop(bucket_id, before.epoch)
                raise
            return breaker.view()

    def events(self, after: int = 0) -> tuple[list[BreakerEvent], int]:
        """What changed after that number, and the number to ask with next. At first (0) every breaker as it is.

        Only what is stored is told. It does not wait: ask again after a while.
        """
        found, newest = self._journal.events(after)
        now = self._clock.now()
        changes: list[BreakerView] | list[BreakerTransition] = self.all() if found is None else found
        events = []
        for one in changes:
            state = one.after if isinstance(one, BreakerTransition) else one.state
            events.append(
                BreakerEvent(
                    bucket=one.bucket,
                    state=state,
                    epoch=one.epoch,
                    until=one.until,
                    mode=one.mode,
                    now=now,
                )
            )
        return events, newest

    def _made(self, bucket_id: str, name: str, config: HealthConfig) -> BucketBreaker:
        stored = self._stored.pop(bucket_id, None)
        gauges.of_breaker(name, stored.state if stored else State.CLOSED)
        return BucketBreaker(
            name,
            breaker_config(config),
            self._clock,
            stored=stored,
            told=partial(self._journal.note, bucket_id),
        )

    def _record(
        self,
        bucket: str,
        before: BreakerView,
        after: BreakerView,
        order: BreakerOrder,
        actor: str,
        connection: Connection,
    ) -> None:
        details: dict[str, str | int] = {
            "reason": order.reason,
            "before": f"{before.state}, {before.mode}",
            "after": f"{after.state}, {after.mode}",
            "epoch": after.epoch,
        }
        self._audit.record(
            connection, actor=actor, action=f"breaker.{order.action}", target=bucket, details=details
        )

    def _view(self, bucket_id: str) -> BreakerView | None:
        breaker = self._by_id.get(bucket_id)
        return breaker.view() if breaker else None

    def _id(self, bucket: str) -> str:
        for bucket_id, name in self._names.items():
            if name == bucket:
                return bucket_id
        raise UnknownBucketError(
            f"No bucket is registered as {bucket!r}.", hint="`storekeeper bucket list` shows them."
        )
