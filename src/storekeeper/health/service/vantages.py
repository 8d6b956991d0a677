"""Other vantage points: their rounds are recorded like our own, and count for how a bucket is."""

from concurrent.futures import Future
from datetime import datetime, timedelta

from storekeeper.health.model import CheckRound, VantageHealth
from storekeeper.health.rules import quorum, sighting, status
from storekeeper.health.rules.quorum import Voice
from storekeeper.health.rules.sighting import Glance
from storekeeper.health.service.board import Board, interval_of, seen_in
from storekeeper.health.service.describing import described
from storekeeper.health.service.ledger import Ledger
from storekeeper.health.service.records import Record
from storekeeper.health.service.watching import Target, Watching
from storekeeper.health.sightings import BucketSeen, Sighting, Vantage, VantagePoint
from storekeeper.kernel.clock import Clock
from storekeeper.objectstore.probing import Round, problem, verdict


class Vantages:
    """Safe to share between threads."""

    def __init__(self, watching: Watching, board: Board, ledger: Ledger, clock: Clock) -> None:
        self._watching, self._board, self._ledger, self._clock = watching, board, ledger, clock

    def hear(
        self, bucket_id: str, vantage: Vantage, round_id: str, found: Round, began: datetime, seconds: float
    ) -> "Future[None] | None":
        """One round of a vantage point; when it is recorded, or None where the bucket is gone."""
        target = self._watching.targets.get(bucket_id)
        if target is None:
            return None
        vote = verdict(found.operations)
        taken: CheckRound = described(
            target.bucket.name,
            found,
            identity=round_id,
            began=began,
            seconds=seconds,
            outcome=vote.outcome,
            slow_from=target.config.slow_response_threshold,
            vantage=vantage.name,
        )
        glance = Glance(
            vantage=vantage,
            at=taken.time,
            seen=seen_in(taken, [problem(one) for one in found.operations]),
            voice=Voice(vote, max((one.latency for one in found.operations), default=0.0)),
        )
        self._board.hear(bucket_id, target.bucket.name, glance, target.config, self._clock.now())
        record = Record(bucket_id=bucket_id, node=vantage.node, round=taken, vantage=vantage.name)
        return self._ledger.submit(record)

    def of(self, target: Target) -> list[VantageHealth]:
        """How each sees a bucket, this server first; nothing where it is the only one."""
        known, config, now = self._board.of(target.bucket.id), target.config, self._clock.now()
        if not known.sightings:
            return []
        own = status.judge(known.operations, config.failure_threshold)
        interval = interval_of(config)
        if sighting.is_stale(known.checked_at, interval, now):
            own = status.stale(known.checked_at)
        here = VantageHealth(
            name=quorum.HERE, status=own.status, reason=own.reason, checked_at=known.checked_at, here=True
        )
        others = [
            sighting.shown(one, config.failure_threshold, interval, now)
            for one in sighting.kept(known.sightings, now)
        ]
        return [here, *others] if others else []

    def points(self) -> list[VantagePoint]:
        """All of them by name, with what each sees."""
        now, found = self._clock.now(), dict[str, list[tuple[Target, Sighting]]]()
        for target in sorted(self._watching.targets.values(), key=lambda one: one.bucket.name):
            for one in sighting.kept(self._board.of(target.bucket.id).sightings, now):
                found.setdefault(one.vantage.id, []).append((target, one))
        points = [_point(seen, now) for seen in found.values()]
        return sorted(points, key=lambda one: (one.name, one.id))


def _point(seen: list[tuple[Target, Sighting]], now: datetime) -> VantagePoint:
    latest = max((one for _, one in seen), key=lambda one: one.checked_at)
    return VantagePoint(
        id=latest.vantage.id,
        name=latest.vantage.name,
        node=latest.vantage.node,
        heard=any(sighting.is_heard(one, interval_of(target.config), now) for target, one in seen),
        heard_at=latest.checked_at,
        buckets=[_bucket(target, one, interval_of(target.config), now) for target, one in seen],
    )


def _bucket(target: Target, one: Sighting, interval: timedelta, now: datetime) -> BucketSeen:
    judgment = sighting.judged(one, target.config.failure_threshold, interval, now)
    return BucketSeen(
        bucket=target.bucket.name,
        status=judgment.status,
        reason=judgment.reason,
        checked_at=one.checked_at,
    )
