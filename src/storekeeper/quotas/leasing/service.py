"""Answers whether a write may be made, and keeps account of what was leased."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from storekeeper.buckets import BucketService
from storekeeper.infra.db import Connection, Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id
from storekeeper.quotas import repository
from storekeeper.quotas.leasing import repository as leases
from storekeeper.quotas.model import Answer, Decision, Lease, Measure, Question, Settled
from storekeeper.quotas.repository import Known
from storekeeper.quotas.rules import standing, writing
from storekeeper.quotas.rules.writing import Grant, Limited, Verdict

RECENT = timedelta(minutes=15)  # within which a client has reported what it wrote, else it is away


class _Asked(NamedTuple):
    owner: str
    bucket_id: str
    bytes: int


class Leasing:
    """Safe to share between threads and servers of one database."""

    def __init__(self, database: Database, buckets: BucketService, clock: Clock) -> None:
        self._db, self._buckets, self._clock = database, buckets, clock

    def ask(self, question: Question, *, actor: str) -> Answer:
        """Decide over a write, and lease what it needs and some more. Raises UnknownBucketError."""
        asked = self._asked(question)
        with self._db.write() as connection:
            now = self._clock.now()
            self._settle(connection, question.settled, actor, now)
            limits = self._limits(connection, asked, now)
            verdict = writing.decide(limits, asked.bytes)
            if verdict.decision is Decision.DENY:
                return _answer(verdict, limits, None)
            if not any(one.quota.hard for one in limits):
                return _answer(verdict, limits, None)
            granted = writing.grant(verdict, asked.bytes)
            lease = _lease(asked, granted, actor, now)
            leases.insert(connection, lease)
        return _answer(verdict, limits, (lease, granted))

    def look(self, question: Question) -> Answer:
        """The same without a lease: somebody else may write before the caller does. Raises UnknownBucketError."""
        asked = self._asked(question)
        with self._db.read() as connection:
            limits = self._limits(connection, asked, self._clock.now(), lock=False)
        return _answer(writing.decide(limits, asked.bytes), limits, None)

    def settle(self, settled: Sequence[Settled], *, actor: str) -> None:
        """Take note of what became of leases."""
        with self._db.write() as connection:
            self._settle(connection, settled, actor, self._clock.now())

    def _asked(self, question: Question) -> _Asked:
        return _Asked(question.owner, self._buckets.get(question.bucket).id, question.bytes)

    def _settle(self, connection: Connection, settled: Iterable[Settled], actor: str, now: datetime) -> None:
        for one in settled:
            leases.settle(
                connection, one.lease_id, actor=actor, spent_bytes=one.bytes, spent_writes=one.writes, at=now
            )

    def _limits(
        self, connection: Connection, asked: _Asked, now: datetime, *, lock: bool = True
    ) -> list[Limited]:
        found = repository.applying(connection, asked.owner, asked.bucket_id, lock=lock)
        return [_limited(connection, one, now) for one in found if one.quota.measure is not Measure.EGRESS]


def _limited(connection: Connection, known: Known, now: datetime) -> Limited:
    quota, use = known.quota, known.use
    since = (use.computed_at or now) - RECENT
    given = leases.leased(connection, *known.key, recent=since)
    if quota.measure is Measure.BYTES:
        windows = [(given.bytes, use.written), (given.recent_bytes, use.recent)]
    elif quota.measure is Measure.OBJECTS:
        windows = [(given.writes, use.written), (given.recent_writes, use.recent)]
    else:
        windows = [(given.recent_writes, use.recent)]  # a month begins anew, snapshots do not matter
    used = writing.counted(use.used, windows)
    return Limited(quota, standing.effective_limit(quota, now), used, used - use.used)


def _lease(asked: _Asked, granted: Grant, actor: str, now: datetime) -> Lease:
    return Lease(
        id=new_id(now), owner=asked.owner, bucket_id=asked.bucket_id,
        bytes=asked.bytes if granted.bytes is None else granted.bytes,
        writes=1 if granted.writes is None else granted.writes,
        spent_bytes=0, spent_writes=0, actor=actor, granted_at=now,
        expires_at=now + timedelta(seconds=writing.VALID_SECONDS), settled_at=None,
    )  # fmt: skip


def _answer(verdict: Verdict, limits: Sequence[Limited], leased: tuple[Lease, Grant] | None) -> Answer:
    limited = any(one.quota.hard for one in limits)
    denied = verdict.decision is Decision.DENY
    return Answer(
        allowed=not denied,
        decision=verdict.decision,
        reason=verdict.reason,
        remaining_bytes=verdict.remaining_bytes,
        remaining_writes=verdict.remaining_writes,
        valid_seconds=writing.RETRY_SECONDS if denied else writing.VALID_SECONDS,
        slack_bytes=None if limited and not denied and leased is None else 0,
        limited=limited,
        lease_id=leased[0].id if leased else None,
        lease_bytes=leased[1].bytes if leased else None,
        lease_writes=leased[1].writes if leased else None,
    )
