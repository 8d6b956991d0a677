"""The front of quotas: who may use how much, and who is over."""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Connection, Database
from storekeeper.inventory import InventoryService
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id
from storekeeper.notifications import NotificationService
from storekeeper.quotas import repository
from storekeeper.quotas.leasing import Leasing
from storekeeper.quotas.leasing import repository as leases
from storekeeper.quotas.model import (
    BadQuotaError,
    Measure,
    NewQuota,
    NewRaise,
    OwnQuotas,
    Quota,
    QuotaChange,
    QuotaExistsError,
    QuotaPage,
    QuotaView,
    Raise,
    State,
    UnknownQuotaError,
    ViolationPage,
)
from storekeeper.quotas.repository import Known, Wanted
from storekeeper.quotas.rules import standing
from storekeeper.quotas.service.accounting import Accounting
from storekeeper.quotas.violations import repository as violations
from storekeeper.quotas.violations.repository import Filter
from storekeeper.quotas.violations.telling import Violations

MOST_LISTED = 1000


class QuotaService:
    """`leasing` answers applications; `refresh` is the job. Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        analytics: Analytics,
        inventory: InventoryService,
        buckets: BucketService,
        notifications: NotificationService,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._db, self._buckets, self._audit, self._clock = database, buckets, audit, clock
        self._violations = Violations(notifications)
        self._accounting = Accounting(database, analytics, inventory, buckets, audit, clock, self._violations)
        self.leasing = Leasing(database, buckets, clock)
        buckets.on_remove(self._forget)

    def refresh(self) -> int:
        """Compute the use of every quota now; how many there are."""
        return self._accounting.refresh()

    def since_snapshots(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, int]]:
        """(bytes, objects) that came, less what went, since the newest snapshots, by (owner, bucket's id); one of both is empty for all."""
        return self._accounting.since_snapshots(keys)

    def add(self, new: NewQuota, *, actor: str) -> QuotaView:
        """Raises BadQuotaError, UnknownBucketError, QuotaExistsError."""
        if not new.owner.strip() and not new.bucket:
            raise BadQuotaError(
                "The quota has neither an owner nor a bucket.", hint="Give one of them, or both."
            )
        bucket_id = self._buckets.get(new.bucket).id if new.bucket else ""
        now = self._clock.now()
        quota = Quota(
            id=new_id(now), owner=new.owner.strip(), bucket=new.bucket, measure=new.measure, limit=new.limit,
            warn_percent=new.warn_percent, hard=new.hard, raised=None, reason=new.reason.strip(),
            created_at=now, updated_at=now, updated_by=actor,
        )  # fmt: skip
        with self._db.write() as connection:
            if same := repository.find_same(connection, quota.owner, bucket_id, quota.measure):
                raise QuotaExistsError(
                    f"There is a quota of {quota.measure} for {standing.subject(quota.owner, quota.bucket)} already.",
                    hint="Change that one.",
                    quotaId=same.quota.id,
                )
            repository.insert(connection, quota, bucket_id)
            details: dict[str, str | int] = {
                "limit": quota.limit,
                "warnPercent": quota.warn_percent,
                "hard": str(quota.hard).lower(),
            }
            self._record(connection, "quota.create", quota, actor, quota.reason, details)
        return self._computed(quota.id)

    def edit(self, quota_id: str, change: QuotaChange, *, actor: str) -> QuotaView:
        """Change what is given. Raises UnknownQuotaError, BadQuotaError."""
        given = {
            name: value
            for name, value in msgspec.structs.asdict(change).items()
            if value is not msgspec.UNSET
        }
        reason = str(given.pop("reason")).strip()
        with self._db.write() as connection:
            before = _found(repository.get(connection, quota_id), quota_id).quota
            quota = replace(before, **given, reason=reason, updated_at=self._clock.now(), updated_by=actor)
            if quota.raised is not None and quota.raised.limit <= quota.limit:
                quota = replace(quota, raised=None)
            repository.update(connection, quota)
            details = {
                name: str(value).lower() if isinstance(value, bool) else value
                for name, value in given.items()
            }
            self._record(connection, "quota.update", quota, actor, reason, details | {"before": before.limit})
        return self._computed(quota_id)

    def remove(self, quota_id: str, reason: str, *, actor: str) -> None:
        """Its violations close. Raises UnknownQuotaError, BadQuotaError."""
        with self._db.write() as connection:
            quota = _found(repository.get(connection, quota_id), quota_id).quota
            repository.delete(connection, [quota_id])
            self._violations.close_of(connection, [quota_id], self._clock.now(), "The quota was removed.")
            self._record(connection, "quota.delete", quota, actor, _told(reason), {"limit": quota.limit})

    def raise_for(self, quota_id: str, wanted: NewRaise, *, actor: str) -> QuotaView:
        """Another, higher limit until a moment; then the old one holds again. Raises UnknownQuotaError, BadQuotaError."""
        now = self._clock.now()
        if wanted.until <= now:
            raise BadQuotaError("until: that moment is over.", hint="Write one that is to come.")
        with self._db.write() as connection:
            quota = _found(repository.get(connection, quota_id), quota_id).quota
            if wanted.limit <= quota.limit:
                raise BadQuotaError(
                    "limit: that is not more than the quota's own.", hint="Change the quota instead."
                )
            reason = wanted.reason.strip()
            raised = Raise(limit=wanted.limit, until=wanted.until, reason=reason, raised_by=actor)
            repository.update(connection, replace(quota, raised=raised, updated_at=now, updated_by=actor))
            details: dict[str, str | int] = {"limit": wanted.limit, "until": wanted.until.isoformat()}
            self._record(connection, "quota.raise", quota, actor, reason, details)
        return self._computed(quota_id)

    def end_raise(self, quota_id: str, reason: str, *, actor: str) -> QuotaView:
        """Before its time. Raises UnknownQuotaError, BadQuotaError."""
        with self._db.write() as connection:
            quota = _found(repository.get(connection, quota_id), quota_id).quota
            if quota.raised is None:
                raise BadQuotaError("The quota is not raised.")
            lowered = replace(quota, raised=None, updated_at=self._clock.now(), updated_by=actor)
            repository.update(connection, lowered)
            self._record(connection, "quota.raise-ended", quota, actor, _told(reason), {"limit": quota.limit})
        return self._computed(quota_id)

    def get(self, quota_id: str) -> QuotaView:
        """Raises UnknownQuotaError."""
        with self._db.read() as connection:
            return self._view(_found(repository.get(connection, quota_id), quota_id))

    def page(self, wanted: Wanted) -> QuotaPage:
        """At most 1,000 of them."""
        wanted = wanted._replace(limit=max(1, min(wanted.limit, MOST_LISTED)))
        with self._db.read() as connection:
            found, total = repository.page(connection, wanted)
        end = wanted.skip + len(found)
        return QuotaPage(
            items=[self._view(one) for one in found],
            next_cursor=str(end) if found and end < total else None,
            total=total,
        )

    def of_owner(self, owner: str) -> OwnQuotas:
        """All of one owner, over all buckets and in single ones."""
        with self._db.read() as connection:
            views = [self._view(one) for one in repository.of_owner(connection, owner)] if owner else []
        own = next((one for one in views if not one.bucket and one.measure is Measure.BYTES), None)
        return OwnQuotas(
            owner=owner,
            used=own.used if own else None,
            quota=own.effective_limit if own else None,
            usage_percent=round(own.share * 100, 2) if own else None,
            items=views,
        )

    def storage(self, *, owner: str = "", bucket: str = "") -> QuotaView | None:
        """The quota of stored bytes of exactly that owner, bucket, or both, if there is one; for the dashboard.

        Raises UnknownBucketError.
        """
        if not owner and not bucket:
            return None
        bucket_id = self._buckets.get(bucket).id if bucket else ""
        with self._db.read() as connection:
            known = repository.find_same(connection, owner, bucket_id, Measure.BYTES)
        return self._view(known) if known else None

    def violations(self, wanted: Filter) -> ViolationPage:
        """Newest first."""
        limit = max(1, min(wanted.limit, MOST_LISTED))
        with self._db.read() as connection:
            found = violations.find(connection, wanted._replace(limit=limit + 1))
        more = len(found) > limit
        return ViolationPage(items=found[:limit], next_cursor=found[limit - 1].id if more else None)

    def open_violations(self) -> Mapping[State, int]:
        """How many are open, by level."""
        with self._db.read() as connection:
            return violations.counts(connection)

    def _computed(self, quota_id: str) -> QuotaView:
        self._accounting.refresh_one(quota_id)
        return self.get(quota_id)

    def _view(self, known: Known) -> QuotaView:
        return view_of(known, self._clock.now())

    def _forget(self, connection: Connection, bucket: Bucket) -> None:
        """With the bucket go the quotas in it."""
        gone = [one.quota.id for one in repository.of_bucket(connection, bucket.id)]
        self._violations.close_of(connection, gone, self._clock.now(), "The bucket was removed.")
        repository.delete(connection, gone)
        leases.forget_bucket(connection, bucket.id)

    def _record(
        self,
        connection: Connection,
        action: str,
        quota: Quota,
        actor: str,
        reason: str,
        details: Mapping[str, str | int],
    ) -> None:
        whole = {"quota": quota.id, "measure": quota.measure.value, **details, "reason": reason}
        target = standing.subject(quota.owner, quota.bucket)
        self._audit.record(connection, actor=actor, action=action, target=target, details=whole)


def view_of(known: Known, now: datetime) -> QuotaView:
    """A raise that is over is not shown, also where the job has not written that down yet."""
    quota, use = known.quota, known.use
    limit = standing.effective_limit(quota, now)
    if quota.raised is not None and quota.raised.until <= now:
        quota = replace(quota, raised=None)
    return QuotaView(
        **msgspec.structs.asdict(quota), effective_limit=limit, used=use.used, held=use.held, added=use.added,
        share=standing.share(use.used, limit), state=use.state, since=use.since, snapshot_at=use.snapshot_at,
        computed_at=use.computed_at,
    )  # fmt: skip


def _found(known: Known | None, quota_id: str) -> Known:
    if known is None:
        raise UnknownQuotaError(
            f"There is no quota {quota_id!r}.", hint="`storekeeper quota list` shows them."
        )
    return known


def _told(reason: str) -> str:
    if not reason.strip() or len(reason) > 500:
        raise BadQuotaError("reason: say why, in at most 500 characters.")
    return reason.strip()
