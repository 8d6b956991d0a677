"""The front of health."""

from collections.abc import Sequence
from concurrent.futures import Future, wait
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import cast

import msgspec

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket, UnknownBucketError
from storekeeper.health import repository
from storekeeper.health.analytics import HealthAnalytics, cursor_after
from storekeeper.health.model import (
    BucketHealth,
    BucketUptime,
    CheckPage,
    CheckRound,
    HealthChange,
    HealthConfig,
    HealthMetrics,
    MonitorStats,
    ProbeCost,
    StatusChangePage,
)
from storekeeper.health.rules import settings as setting_rules
from storekeeper.health.rules import uptime as uptime_rules
from storekeeper.health.service.board import Board
from storekeeper.health.service.breaking import Breakers
from storekeeper.health.service.drainer import HealthDrainer
from storekeeper.health.service.journal import Journal, Listener
from storekeeper.health.service.ledger import Ledger
from storekeeper.health.service.monitor import Monitor
from storekeeper.health.service.settings import HealthSettings
from storekeeper.health.service.vantages import Vantages
from storekeeper.health.service.watching import Target, Watching
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Connection, Database
from storekeeper.infra.spool import Spool
from storekeeper.kernel.clock import Clock

MOST_LISTED = 1000
_PATIENCE = 5.0  # seconds in addition to the longest round that was asked for


class HealthService:
    """Construct, `start_up`, and `close` in the end. Names of buckets go in and come out."""

    def __init__(
        self,
        database: Database,
        analytics: Analytics,
        buckets: BucketService,
        audit: AuditTrail,
        clock: Clock,
        *,
        data_dir: Path,
        node: str,
    ) -> None:
        self._db, self._clock, self._buckets = database, clock, buckets
        self._analytics = HealthAnalytics(analytics)
        self._spool = Spool(data_dir / "health-spool.db", clock)
        with database.read() as connection:
            self._board = Board(repository.statuses(connection))
        self.breakers = Breakers(database, audit, clock, journal=partial(Journal, database, self._board))
        self._ledger = Ledger(self._spool, self.breakers.journal)
        self._settings = HealthSettings(database, audit, clock, changed=self.refresh)
        self._watching = Watching(
            buckets, self._board, self.breakers, self._ledger, clock, node=node, settings=self._settings.of
        )
        self.vantages = Vantages(self._watching, self._board, self._ledger, clock)
        self.monitor = Monitor(clock, self._round, self._tick)
        self.drainer = HealthDrainer(self._spool, self._analytics, clock)
        buckets.on_change(self.refresh)
        buckets.on_remove(self._forget)
        self.refresh()

    def start_up(self) -> None:
        """Begin to check buckets, if that is switched on, and to move what was recorded."""
        self._ledger.start()
        self.drainer.start()
        self.monitor.start()

    def close(self) -> None:
        """Rounds under way come to an end; what is in the spool stays there for the next start."""
        self.monitor.stop()
        self._ledger.stop()
        self.drainer.stop()
        self._spool.close()

    def config(self) -> HealthConfig:
        """What holds in general."""
        return self._settings.general()

    def effective(self, bucket: str) -> HealthConfig:
        """What holds for a bucket. Raises UnknownBucketError."""
        return self._target(bucket).config

    def overrides(self) -> dict[str, HealthChange]:
        """By name of the bucket what is set for it alone."""
        own, targets = self._settings.own(), self._watching.targets
        return {targets[one].bucket.name: said for one, said in own.items() if one in targets}

    def configure(self, change: HealthChange, *, actor: str) -> HealthConfig:
        """What then holds in general, at once. Raises HealthConfigError."""
        return self._settings.change(change, actor=actor)

    def override(self, bucket: str, change: HealthChange, *, actor: str) -> HealthConfig:
        """What then holds for the bucket, at once. Raises UnknownBucketError, HealthConfigError."""
        return self._settings.override(self._target(bucket).bucket, change, actor=actor)

    def cost(self, bucket: str = "") -> ProbeCost:
        """Requests a month of one bucket's checks, or of all."""
        targets = [self._target(bucket)] if bucket else list(self._watching.targets.values())
        each = [setting_rules.cost(one.config) for one in targets]
        return ProbeCost(
            class_a=sum(one.class_a for one in each),
            class_b=sum(one.class_b for one in each),
            free=sum(one.free for one in each),
        )

    @property
    def running(self) -> bool:
        """Whether buckets are checked on schedule: the setting `enabled`, which outlives a restart."""
        return self._settings.general().enabled

    def start(self, *, actor: str) -> None:
        """Switch checks on. Those of single buckets may be off nevertheless."""
        self._settings.change(HealthChange(enabled=True), actor=actor, action="monitoring.start")

    def stop(self, *, actor: str) -> None:
        """Switch checks off. After three intervals nothing is known of the buckets any more."""
        self._settings.change(HealthChange(enabled=False), actor=actor, action="monitoring.stop")

    def refresh(self) -> None:
        """Take over what buckets and settings are now."""
        fresh = self._watching.refresh()
        self.monitor.schedule(self._watching.wanted(), at_once=fresh)

    def check_now(self, bucket: str = "") -> list[CheckRound]:
        """A round of one bucket, or of each, recorded when this returns. Raises UnknownBucketError.

        Buckets that are not checked on schedule are checked, too.
        """
        asked = [self._target(bucket)] if bucket else list(self._watching.targets.values())
        rounds = [self.monitor.submit(one.bucket.id) for one in asked]
        longest = max((setting_rules.longest_round(one.config) for one in asked), default=0.0)
        wait(rounds, timeout=longest + _PATIENCE)
        found = [round_.result() for round_ in rounds if round_.done()]
        done = [cast("tuple[CheckRound, Future[None]]", one) for one in found if one]
        wait([recorded for _, recorded in done], timeout=_PATIENCE)
        return [taken for taken, _ in done]

    def statuses(self) -> list[BucketHealth]:
        """By name of the bucket."""
        found = [self._health(one) for one in self._watching.targets.values()]
        return sorted(found, key=lambda one: one.bucket)

    def status(self, bucket: str) -> BucketHealth:
        """Raises UnknownBucketError."""
        return self._health(self._target(bucket))

    def changes(self, *, bucket: str = "", cursor: str = "", limit: int = 100) -> StatusChangePage:
        """Changes of statuses, newest first. Raises UnknownBucketError."""
        bucket_id = self._target(bucket).bucket.id if bucket else ""
        limit = max(1, min(limit, MOST_LISTED))
        with self._db.read() as connection:
            found = repository.changes(
                connection, self._names(), bucket_id=bucket_id, before=cursor, limit=limit + 1
            )
        more = len(found) > limit
        return StatusChangePage(items=found[:limit], next_cursor=found[limit - 1].id if more else None)

    def uptime(self, days: int = 90, bucket: str = "") -> list[BucketUptime]:
        """Day by day, by name of the bucket. Raises UnknownBucketError."""
        now = self._clock.now()
        since = (now - timedelta(days=max(1, min(days, 366)) - 1)).date()
        midnight = now.replace(year=since.year, month=since.month, day=since.day, hour=0, minute=0, second=0)
        names = self._names(bucket)
        with self._db.read() as connection:
            changes = repository.changes_since(connection, midnight.replace(microsecond=0), list(names))
        found = []
        for bucket_id, name in sorted(names.items(), key=lambda item: item[1]):
            by_day = uptime_rules.by_day(changes[bucket_id], since, now)
            share, budget = uptime_rules.share_up(by_day), uptime_rules.budget(by_day)
            found.append(BucketUptime(bucket=name, days=by_day, uptime=share, budget=budget))
        return found

    def history(
        self, *, limit: int = 100, cursor: str = "", bucket: str = "", tested: str = "", errors: bool = False
    ) -> CheckPage:
        """Checks, of all operations or the one `tested`, all or those with `errors`; newest first; a few seconds behind. Raises UnknownBucketError, BadInputError."""
        limit = max(1, min(limit, MOST_LISTED))
        found = self._analytics.history(
            self._names(bucket),
            self._clock.now(),
            cursor=cursor,
            limit=limit + 1,
            tested=tested,
            errors=errors,
        )
        more = len(found) > limit
        return CheckPage(items=found[:limit], next_cursor=cursor_after(found[limit - 1]) if more else None)

    def metrics(self, *, hours: int = 24, bucket: str = "") -> HealthMetrics:
        """Sums of the last hours, by whole ones; a few seconds behind. Raises UnknownBucketError."""
        until = self._clock.now()
        since = (until - timedelta(hours=max(1, min(hours, 24 * 366)))).replace(
            minute=0, second=0, microsecond=0
        )
        names = self._names(bucket)
        ahead = until + timedelta(seconds=1)
        return HealthMetrics(
            since=since,
            until=until,
            totals=self._analytics.sums(names, since, ahead, by_time=False),
            series=self._analytics.sums(names, since, ahead, by_time=True),
        )

    def stats(self) -> MonitorStats:
        """How the monitor itself is doing."""
        targets = self._watching.targets
        missed = {
            targets[one].bucket.name: count for one, count in self.monitor.missed().items() if one in targets
        }
        return MonitorStats(
            running=self.running,
            buckets=len(self._watching.wanted()),
            rounds=self.monitor.rounds,
            under_way=self.monitor.under_way,
            missed=sum(missed.values()),
            drift_p99_ms=round(self.monitor.drift_p99() * 1000, 3),
            waiting=self._spool.level().batches + self._ledger.waiting,
            last_error=self._ledger.last_error or self.drainer.last_error,
            missed_by_bucket=missed,
        )

    def subscribe(self, listener: Listener) -> None:
        """Hear of changes of statuses and breakers, each exactly once, in the transaction that stores it."""
        self.breakers.journal.listen(listener)

    def watched(self) -> list[tuple[Bucket, HealthConfig]]:
        """Every bucket with what holds for it."""
        return [(one.bucket, one.config) for one in self._watching.targets.values()]

    def _round(self, bucket_id: str) -> "tuple[CheckRound, Future[None]] | None":
        return self._watching.round(bucket_id, lambda: self.monitor.stopping)

    def _tick(self) -> None:
        self._watching.expire()
        self.breakers.journal.flush()

    def _health(self, target: Target) -> BucketHealth:
        bucket, known, breaker = (
            target.bucket,
            self._board.of(target.bucket.id),
            self.breakers.of(target.bucket.id),
        )
        health = BucketHealth(
            bucket=bucket.name,
            status=known.status,
            reason=known.reason,
            since=known.since,
            checked_at=known.checked_at,
            next_check_at=self.monitor.next_due(bucket.id),
            operations=known.operations,
            network=known.network,
            monitored=target.config.enabled,
            vantage=self.vantages.of(target),
        )
        if breaker is None:
            return health
        view = breaker.view()
        return msgspec.structs.replace(health, breaker=view.state, mode=view.mode)

    def _target(self, bucket: str) -> Target:
        for target in self._watching.targets.values():
            if target.bucket.name == bucket:
                return target
        raise UnknownBucketError(
            f"No bucket is registered as {bucket!r}.", hint="`storekeeper bucket list` shows them."
        )

    def _names(self, bucket: str = "") -> dict[str, str]:
        """Names by id, of one bucket or of all."""
        targets: Sequence[Target] = (
            [self._target(bucket)] if bucket else list(self._watching.targets.values())
        )
        return {one.bucket.id: one.bucket.name for one in targets}

    def _forget(self, connection: Connection, bucket: Bucket) -> None:
        repository.forget_bucket(connection, bucket.id)
        self._settings.forget(bucket.id)
