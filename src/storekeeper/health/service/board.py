"""How every bucket is at present, in memory; what is not stored yet is kept until it is."""

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from storekeeper.health.model import CheckRound, HealthConfig, Status, StatusChange
from storekeeper.health.repository import StoredStatus
from storekeeper.health.rules import quorum, schedule, sighting, status
from storekeeper.health.rules.quorum import Voice
from storekeeper.health.rules.sighting import Glance
from storekeeper.health.rules.status import Judgment, Seen
from storekeeper.health.service import gauges
from storekeeper.kernel.ids import new_id


class Board:
    """Safe to share between threads."""

    def __init__(self, stored: dict[str, StoredStatus]) -> None:
        self._known = dict(stored)
        self._lock = threading.Lock()
        self._touched: set[str] = set()
        self._changes: list[tuple[str, StatusChange]] = []

    def of(self, bucket_id: str) -> StoredStatus:
        return self._known.get(bucket_id) or StoredStatus(bucket_id=bucket_id)

    def take(self, bucket_id: str, round_: CheckRound, problems: Iterable[str], config: HealthConfig) -> None:
        """One more round; `problems` are those of its checks in a few words."""
        seen = seen_in(round_, problems)
        with self._lock:
            before = self.of(bucket_id)
            if before.checked_at and round_.time < before.checked_at:
                return  # one that was asked for meanwhile told something newer
            operations = status.note(before.operations, seen, round_.time, config.failure_threshold)
            after = msgspec.structs.replace(
                before, checked_at=round_.time, operations=operations, network=round_.network
            )
            self._judged(after, _judgment(after, config, round_.time), round_.time, round_.bucket)

    def hear(self, bucket_id: str, bucket: str, glance: Glance, config: HealthConfig, now: datetime) -> None:
        """One more round of another vantage point."""
        with self._lock:
            before = self.of(bucket_id)
            sightings = sighting.noted(before.sightings, glance, config.failure_threshold)
            if sightings is not before.sightings:
                after = msgspec.structs.replace(before, sightings=sightings)
                self._judged(after, _judgment(after, config, now), now, bucket)

    def voices(self, bucket_id: str, config: HealthConfig, now: datetime) -> list[Voice]:
        """What other vantage points said last."""
        return sighting.voices(self.of(bucket_id).sightings, interval_of(config), now)

    def expire(self, bucket_id: str, bucket: str, config: HealthConfig, now: datetime) -> None:
        """Say that nothing is known any more, from the moment on when that began; or less than before."""
        with self._lock:
            before = self.of(bucket_id)
            if before.checked_at is None or before.status is Status.UNKNOWN:
                return
            at = schedule.stale_at(before.checked_at, interval_of(config))
            if at <= now:
                self._judged(before, status.stale(before.checked_at), at, bucket)
            elif before.sightings:
                self._hear_less(before, bucket, config, now)

    def _hear_less(self, before: StoredStatus, bucket: str, config: HealthConfig, now: datetime) -> None:
        """Who has fallen silent does not count any more, and is forgotten in the end."""
        sightings = sighting.kept(before.sightings, now)
        after = msgspec.structs.replace(before, sightings=sightings)
        judgment = _judgment(after, config, now)
        if judgment != (before.status, before.reason) or len(sightings) < len(before.sightings):
            self._judged(after, judgment, now, bucket)

    def forget(self, bucket_id: str) -> None:
        with self._lock:
            self._known.pop(bucket_id, None)
            self._touched.discard(bucket_id)
            self._changes = [one for one in self._changes if one[0] != bucket_id]

    def unsaved(self) -> tuple[list[StoredStatus], list[tuple[str, StatusChange]]]:
        """What is to be stored; `put_back` it if that fails."""
        with self._lock:
            statuses = [self._known[bucket_id] for bucket_id in sorted(self._touched)]
            changes, self._changes, self._touched = self._changes, [], set()
            return statuses, changes

    def put_back(self, statuses: list[StoredStatus], changes: list[tuple[str, StatusChange]]) -> None:
        with self._lock:
            self._touched |= {one.bucket_id for one in statuses if one.bucket_id in self._known}
            self._changes = [one for one in changes if one[0] in self._known] + self._changes

    def _judged(self, known: StoredStatus, judgment: Judgment, at: datetime, bucket: str) -> None:
        before = self.of(known.bucket_id)
        moved = judgment.status is not before.status
        at = max(at, before.since or at)  # what another vantage point told came in between
        self._known[known.bucket_id] = msgspec.structs.replace(
            known, status=judgment.status, reason=judgment.reason, since=at if moved else before.since
        )
        self._touched.add(known.bucket_id)
        gauges.of_status(bucket, judgment.status)
        if moved:
            change = StatusChange(
                id=new_id(at),
                at=at,
                bucket=bucket,
                before=before.status,
                after=judgment.status,
                reason=judgment.reason,
            )
            self._changes.append((known.bucket_id, change))


def seen_in(round_: CheckRound, problems: Iterable[str]) -> list[Seen]:
    """`problems` are those of the round's checks in a few words."""
    return [
        Seen(
            operation=check.operation,
            outcome=check.outcome,
            latency_ms=check.latency_ms,
            first_byte_ms=check.first_byte_ms,
            slow=check.slow,
            corrupt=check.corrupt,
            problem=problem,
        )
        for check, problem in zip(round_.checks, problems, strict=True)
    ]


def interval_of(config: HealthConfig) -> timedelta:
    return timedelta(milliseconds=config.check_interval)


def _judgment(known: StoredStatus, config: HealthConfig, now: datetime) -> Judgment:
    """By all that look at the bucket."""
    interval = interval_of(config)
    if sighting.is_stale(known.checked_at, interval, now):
        return status.stale(known.checked_at)
    own = status.judge(known.operations, config.failure_threshold)
    others = sighting.views(known.sightings, config.failure_threshold, interval, now)
    return quorum.together(own, others, config.quorum)
