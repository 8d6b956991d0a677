"""Computes what quotas use, and opens and closes violations by it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from msgspec.structs import replace

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Connection, Database
from storekeeper.inventory import InventoryService
from storekeeper.inventory.model import Scan
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id
from storekeeper.quotas import repository
from storekeeper.quotas.analytics import Key, QuotaAnalytics, Row, Start
from storekeeper.quotas.leasing import repository as leases
from storekeeper.quotas.leasing.service import RECENT
from storekeeper.quotas.model import Quota, State, Use, Violation
from storekeeper.quotas.repository import Known
from storekeeper.quotas.rules import reckoning, standing
from storekeeper.quotas.violations import repository as violations
from storekeeper.quotas.violations.telling import Violations

KEPT = timedelta(days=365)  # closed violations

log = structlog.get_logger("quotas")


class _Read(NamedTuple):
    """What is known of use at one moment."""

    scans: Mapping[str, Scan]  # the newest complete one, by the bucket's id
    starts: Sequence[Start]
    stored: Mapping[Key, Row]
    done: Mapping[Key, Row]
    at: datetime


class Accounting:
    """Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        analytics: Analytics,
        inventory: InventoryService,
        buckets: BucketService,
        audit: AuditTrail,
        clock: Clock,
        told: Violations,
    ) -> None:
        self._db, self._analytics, self._violations = database, QuotaAnalytics(analytics), told
        self._inventory, self._buckets, self._audit, self._clock = inventory, buckets, audit, clock

    def refresh(self) -> int:
        """Compute the use of every quota, end raises that are over, forget what is old; how many quotas."""
        with self._db.read() as connection:
            known = repository.every(connection)
        read = self._read([one.key for one in known])
        with self._db.write() as connection:
            ended = self._end_raises(connection, known, read.at)
            saved = self._save(connection, known, read, ended)
            leases.forget_seen(connection, {one.bucket_id: one.began for one in read.starts if one.scan_id})
            leases.forget_dead(connection, read.at - RECENT)
            leases.fold(connection, read.at - RECENT, read.at)
            violations.forget_before(connection, read.at - KEPT)
        return saved

    def refresh_one(self, quota_id: str) -> None:
        """Compute the use of one quota, as when it was made or changed."""
        with self._db.read() as connection:
            known = repository.get(connection, quota_id)
        if known is not None:
            read = self._read([known.key])
            with self._db.write() as connection:
                self._save(connection, [known], read)

    def since_snapshots(self, keys: Collection[Key]) -> dict[Key, tuple[int, int]]:
        """(bytes, objects) that came, less what went, since the newest snapshots, for owners and buckets' ids as in `Key`."""
        starts = self._starts(self._inventory.newest())
        rows = self._analytics.stored(starts, keys, recent=self._clock.now() - RECENT)
        return {key: reckoning.added(row) for key, row in rows.items()}

    def _read(self, keys: Collection[Key]) -> _Read:
        now = self._clock.now()
        scans = self._inventory.newest()
        starts = self._starts(scans)
        if not keys:
            return _Read(scans, starts, {}, {}, now)
        stored = self._analytics.stored(starts, keys, recent=now - RECENT)
        done = self._analytics.done(reckoning.month_of(now), keys)
        return _Read(scans, starts, stored, done, now)

    def _starts(self, scans: Mapping[str, Scan]) -> list[Start]:
        return [_start(bucket.id, bucket.created_at, scans.get(bucket.id)) for bucket in self._buckets.all()]

    def _save(
        self, connection: Connection, before: Sequence[Known], read: _Read, edited: Collection[str] = ()
    ) -> int:
        """Quotas may have been changed or removed since they were read: what they are now decides."""
        wanted = {one.quota.id for one in before}
        current = repository.every(connection) if len(wanted) > 1 else _one(connection, wanted)
        known = [one for one in current if one.quota.id in wanted]
        uses = [(one, _use_of(one, read)) for one in known]
        changed = [
            (one.quota, use)
            for one, use in uses
            if use != replace(one.use, computed_at=read.at) or one.quota.id in edited or len(uses) == 1
        ]
        repository.save_uses(
            connection,
            [
                (quota.id, use, standing.share(use.used, standing.effective_limit(quota, read.at)))
                for quota, use in changed
            ],
        )
        if len(changed) < len(uses):
            repository.touch_uses(connection, read.at)
        self._tell(connection, [(one.quota, use) for one, use in uses], read.at)
        return len(uses)

    def _tell(self, connection: Connection, uses: Sequence[tuple[Quota, Use]], now: datetime) -> None:
        known = violations.open_levels(connection)
        opened: list[Violation] = []
        closed: list[str] = []
        for quota, use in uses:
            levels = known.get(quota.id, {})
            moves = reckoning.moves(frozenset(levels), use.state)
            opened += [self._violation(quota, use, level, now) for level in sorted(moves.opened)]
            closed += [levels[level] for level in moves.closed]
        self._violations.open(connection, opened)
        self._violations.close(connection, closed, now, "Use is below the threshold again.")
        if opened:
            log.warning("quotas are over their thresholds", opened=len(opened), first=opened[0].summary)

    def _violation(self, quota: Quota, use: Use, level: State, now: datetime) -> Violation:
        limit = standing.effective_limit(quota, now)
        return Violation(
            id=new_id(self._clock.now()), quota_id=quota.id, owner=quota.owner, bucket=quota.bucket,
            measure=quota.measure, level=level, used=use.used, limit=limit, hard=quota.hard,
            summary=f"{standing.in_words(quota, use.used, limit)}.", opened_at=now, closed_at=None, closed_by="",
        )  # fmt: skip

    def _end_raises(self, connection: Connection, known: Sequence[Known], now: datetime) -> list[str]:
        """The limit fell back by itself when the time had come; here that is written down. Ids of the quotas."""
        ended = []
        for one in known:
            current = repository.get(connection, one.quota.id) if _is_over(one.quota, now) else None
            if current is not None and _is_over(current.quota, now):
                ended.append(one.quota.id)
                repository.update(connection, replace(current.quota, raised=None))
                self._audit.record(
                    connection,
                    actor="system",
                    action="quota.raise-ended",
                    target=standing.subject(one.quota.owner, one.quota.bucket),
                    details={
                        "quota": one.quota.id,
                        "measure": one.quota.measure,
                        "limit": current.quota.limit,
                    },
                )
        return ended


def _one(connection: Connection, wanted: Collection[str]) -> list[Known]:
    found = [repository.get(connection, quota_id) for quota_id in wanted]
    return [one for one in found if one is not None]


def _is_over(quota: Quota, now: datetime) -> bool:
    return quota.raised is not None and quota.raised.until <= now


def _start(bucket_id: str, created_at: datetime, scan: Scan | None) -> Start:
    if scan is None:
        return Start(bucket_id, "", created_at, created_at)
    return Start(bucket_id, scan.id, scan.started_at, scan.finished_at or scan.started_at)


def _use_of(known: Known, read: _Read) -> Use:
    quota, key = known.quota, known.key
    scan = read.scans.get(known.bucket_id)
    whole = (scan.bytes, scan.objects) if scan is not None and not quota.owner else None
    ends = [scan] if known.bucket_id else list(read.scans.values())
    facts = reckoning.Facts(
        stored=read.stored.get(key, {}),
        done=read.done.get(key, {}),
        held=whole,
        snapshot_at=min((one.finished_at for one in ends if one and one.finished_at), default=None),
    )
    return reckoning.use_of(quota, known.use, facts, read.at)
