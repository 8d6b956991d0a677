"""Lets operations and sums go when their time is over, archives them before, brings them back, counts them again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from typing import Any

import structlog
from msgspec.structs import replace

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Database
from storekeeper.infra.jobs import Jobs, Run
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id
from storekeeper.metering.analytics.ranking import SUMS as OWNER_SUMS
from storekeeper.metering.keeping import parquet, repository, rules
from storekeeper.metering.keeping.analytics import LEAVING, REPORTED, SUMS, KeepingAnalytics
from storekeeper.metering.keeping.model import (
    Archive,
    ArchivePage,
    ArchiveState,
    Days,
    NotKeptError,
    Rebuilt,
    Retention,
)
from storekeeper.objectstore import ObjectStore

RESTORE, REBUILD = "operations-restore", "sums-rebuild"
FILE_OPERATIONS = 500_000
PREFIX = "storekeeper/operations/"

log = structlog.get_logger("metering")


class KeepingService:
    """`standstill` is a block during which no operation reaches the analytics engine; `changed` is told
    when operations or sums are not what they were.
    """

    def __init__(
        self,
        database: Database,
        analytics: Analytics,
        buckets: BucketService,
        jobs: Jobs,
        audit: AuditTrail,
        clock: Clock,
        *,
        retention: Retention,
        standstill: Callable[[], AbstractContextManager[object]],
        changed: Callable[[], None],
    ) -> None:
        self._db = database
        self._analytics = KeepingAnalytics(analytics, changed)
        self._buckets = buckets
        self._jobs = jobs
        self._audit = audit
        self._clock = clock
        self._retention = retention
        self._standstill = standstill

    def archives(self, *, before: str = "", limit: int = 100) -> ArchivePage:
        """Newest first."""
        with self._db.read() as connection:
            found = repository.page(connection, before=before, limit=limit + 1)
        return ArchivePage(
            items=found[:limit], next_cursor=found[limit - 1].id if len(found) > limit else None
        )

    def start(self, job: str, days: Days, *, actor: str) -> Run:
        """Begin a restore or a rebuild. Raises TooManyDaysError, ConflictError when one is under way."""
        rules.each_day(days)
        payload = {"from": days.since.isoformat(), "to": days.until.isoformat(), "force": days.force}
        run = self._jobs.start(job, payload=payload)
        with self._db.write() as connection:
            self._audit.record(
                connection, actor=actor, action=f"{job}.start", target=f"{days.since} to {days.until}"
            )
        return run

    def retain(self, told: Callable[..., None]) -> None:
        """Archive (where wanted) and drop what is older than it is kept. What can not be archived is not dropped."""
        now = self._clock.now()
        with self._db.read() as connection:
            guests = repository.restored(connection)
        leaving = self._analytics.stored_days(LEAVING)  # of a run that did not end
        expired = rules.expired_days(self._analytics.stored_days(), guests, self._retention, now)
        for day in [*leaving, *expired]:
            told(day=day.isoformat())
            self._let_go(day)
        for table in (*SUMS, REPORTED):
            for name in rules.expired_months(self._analytics.partitions(table), self._retention, now):
                self._analytics.drop_partition(table, name)
        for name in rules.expired_hours(self._analytics.partitions(OWNER_SUMS), now):
            self._analytics.drop_partition(OWNER_SUMS, name)

    def restore(self, days: Days, told: Callable[..., None]) -> int:
        """Bring archived operations back for a week; how many. Raises NotKeptError when there is no archive of any."""
        total = known = 0
        for day in rules.each_day(days):
            told(day=day.isoformat(), operations=total)
            self._finish_leaving(day)
            known += len(self._archives(day))
            total += self._bring_back(day)
        if not known:
            raise NotKeptError(f"Nothing was archived from {days.since} to {days.until}.")
        return total

    def rebuild(self, days: Days, told: Callable[..., None]) -> list[Rebuilt]:
        """Count the sums of whole days again, from operations that are here and from archives.

        A day of which fewer operations are at hand than its sums know of is left as it is, unless forced.
        """
        found: list[Rebuilt] = []
        for day in rules.each_day(days):
            told(day=day.isoformat(), rebuilt=sum(one.done for one in found))
            found.append(self._rebuild_day(day, force=days.force))
            log.info("sums of a day rebuilt" if found[-1].done else "sums of a day left as they are",
                     day=str(day), found=found[-1].found, counted=found[-1].counted)  # fmt: skip
        return found

    def _let_go(self, day: date) -> None:
        """One day of operations, into the archive or nowhere. Taken up where a crash left it."""
        self._finish_leaving(day)
        if not self._analytics.count(day):
            return
        if self._retention.archive_bucket:
            bucket = self._buckets.get(self._retention.archive_bucket)
            # Before anything moves: it tells what it is that leaves.
            self._save(self._new_archive(day, bucket))
            self._analytics.leave(day)
            self._finish_leaving(day)
        else:
            self._analytics.drop_day(day)
            self._save(*[replace(one, state=ArchiveState.ARCHIVED) for one in self._archives(day)])

    def _finish_leaving(self, day: date) -> None:
        count = self._analytics.count(day, LEAVING) if day in self._analytics.stored_days(LEAVING) else 0
        open_ones = [one for one in self._archives(day) if one.state is ArchiveState.WRITING]
        if count and open_ones:
            self._archive(open_ones[-1], count)
        elif open_ones:
            self._save(forget=open_ones)  # nothing had moved yet
        if count:
            self._analytics.drop_day(day, LEAVING)

    def _archive(self, archive: Archive, count: int) -> None:
        guests = [one for one in self._archives(archive.day) if one.state is ArchiveState.RESTORED]
        if guests and sum(one.operations for one in guests) == count:
            self._save(*[replace(one, state=ArchiveState.ARCHIVED) for one in guests], forget=[archive])
            return
        bucket = self._buckets.get_by_id(archive.bucket_id)
        with self._opened(bucket) as store:
            pieces = self._analytics.spans(archive.day, rules.slices(count, FILE_OPERATIONS))
            files, operations, size = parquet.write(store, archive.prefix, pieces)
        written = replace(
            archive, state=ArchiveState.ARCHIVED, files=files, operations=operations, bytes=size
        )
        self._save(written, forget=guests)  # they are part of it now
        log.info("operations archived", day=str(archive.day), operations=operations, files=files, bytes=size)

    def _new_archive(self, day: date, bucket: Bucket) -> Archive:
        now = self._clock.now()
        identity = new_id(now)
        return Archive(
            id=identity, day=day, bucket_id=bucket.id, prefix=f"{PREFIX}{day:%Y-%m}/{day}/{identity}/",
            files=0, operations=0, bytes=0, state=ArchiveState.WRITING, created_at=now,
        )  # fmt: skip

    def _bring_back(self, day: date) -> int:
        if any(one.state is ArchiveState.ARCHIVED for one in self._archives(day)):
            self._let_go(day)  # latecomers: so that what comes back is all there is of the day
        elif self._analytics.count(day):
            return 0  # back already
        archives = self._archives(day)
        count = self._stage(archives)
        until = self._clock.now() + rules.RESTORED_FOR
        self._save(*[replace(one, state=ArchiveState.RESTORED, restored_until=until) for one in archives])
        if count:
            self._analytics.attach_staged(day)
        self._analytics.unstage()
        return count

    def _rebuild_day(self, day: date, *, force: bool) -> Rebuilt:
        self._finish_leaving(day)
        staged = self._stage([one for one in self._archives(day) if one.state is ArchiveState.ARCHIVED])
        with self._standstill():
            found, counted = staged + self._analytics.count(day), self._analytics.counted(day)
            done = rules.may_rebuild(found, counted, force=force)
            if done:
                self._analytics.count_again(day, staged=True)
        self._analytics.unstage()
        return Rebuilt(day=day, found=found, counted=counted, done=done)

    def _stage(self, archives: list[Archive]) -> int:
        self._analytics.stage()
        count = 0
        for archive in archives:
            with self._opened(self._buckets.get_by_id(archive.bucket_id)) as store:
                for rows in parquet.read(store, archive.prefix, archive.files):
                    self._analytics.put_staged(rows)
                    count += rows.num_rows
        return count

    @contextmanager
    def _opened(self, bucket: Bucket) -> Iterator[ObjectStore]:
        store = self._buckets.open(bucket)
        try:
            yield store
        finally:
            store.close()

    def _archives(self, day: date) -> list[Archive]:
        with self._db.read() as connection:
            return repository.of_day(connection, day)

    def _save(self, *archives: Archive, forget: Sequence[Archive] = ()) -> None:
        with self._db.write() as connection:
            for archive in archives:
                repository.save(connection, archive)
            for archive in forget:
                repository.forget(connection, archive.id)


def days_of(payload: Any) -> Days:
    """What `KeepingService.start` put into a run."""
    return Days(
        since=date.fromisoformat(payload["from"]),
        until=date.fromisoformat(payload["to"]),
        force=bool(payload.get("force")),
    )
