"""Which buckets are watched, and how a round of one is made, voted with and handed on to be recorded."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta

import msgspec

from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.health.model import CheckRound, HealthConfig
from storekeeper.health.rules import quorum
from storekeeper.health.rules.quorum import Voice
from storekeeper.health.service import gauges
from storekeeper.health.service.board import Board, interval_of
from storekeeper.health.service.breaking import Breakers
from storekeeper.health.service.describing import described
from storekeeper.health.service.ledger import Ledger
from storekeeper.health.service.records import Record
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id
from storekeeper.objectstore.probing import Plan, Prober, Round, problem, verdict


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket with what a round of it needs."""

    bucket: Bucket
    config: HealthConfig
    prober: Prober


class Watching:
    """Safe to share between threads. `settings` gives what holds for a bucket by its id."""

    def __init__(
        self,
        buckets: BucketService,
        board: Board,
        breakers: Breakers,
        ledger: Ledger,
        clock: Clock,
        *,
        node: str,
        settings: Callable[[str], HealthConfig],
    ) -> None:
        self._buckets, self._board, self._breakers, self._ledger = buckets, board, breakers, ledger
        self._clock, self._node, self._settings = clock, node, settings
        self._targets: dict[str, Target] = {}
        self._refreshing = threading.Lock()

    @property
    def targets(self) -> dict[str, Target]:
        """By bucket id, of all buckets, watched or not."""
        return self._targets

    def refresh(self) -> set[str]:
        """Take over what buckets and settings are now; the ids of those that are new, or to be reached another way."""
        with self._refreshing:
            before, now = self._targets, {bucket.id: bucket for bucket in self._buckets.all()}
            fresh = {bucket.id for bucket in now.values() if not _same(before.get(bucket.id), bucket)}
            self._targets = {
                bucket_id: Target(
                    bucket=bucket,
                    config=self._settings(bucket_id),
                    prober=self._buckets.prober(bucket) if bucket_id in fresh else before[bucket_id].prober,
                )
                for bucket_id, bucket in now.items()
            }
            for gone in before.keys() - now.keys():
                self._board.forget(gone)
                gauges.forget(before[gone].bucket.name)
            self._breakers.keep(
                {bucket_id: (one.bucket.name, one.config) for bucket_id, one in self._targets.items()}
            )
            return fresh

    def wanted(self) -> dict[str, tuple[timedelta, datetime | None]]:
        """By id of buckets that are to be checked: how often, and when they were last."""
        return {
            bucket_id: (interval_of(one.config), self._board.of(bucket_id).checked_at)
            for bucket_id, one in self._targets.items()
            if one.config.enabled
        }

    def expire(self) -> None:
        """Say of buckets that have had no check for long that nothing is known of them."""
        now = self._clock.now()
        for bucket_id, one in self._targets.items():
            self._board.expire(bucket_id, one.bucket.name, one.config, now)

    def round(self, bucket_id: str, stopped: Callable[[], bool]) -> "tuple[CheckRound, Future[None]] | None":
        """One round, and when it is recorded; None where the bucket is gone, or `stopped` broke the round off."""
        target = self._targets.get(bucket_id)
        breaker = self._breakers.of(bucket_id)
        if target is None or breaker is None:
            return None
        config, permit, began = target.config, breaker.begin(), self._clock.now()
        begun = self._clock.monotonic()
        plan = Plan(operations=config.test_operations, timeout=config.timeout / 1000, node=self._node)
        try:
            found = target.prober.run(plan, stopped)
        except BaseException:
            breaker.abandon(permit)
            raise
        if stopped():
            breaker.abandon(permit)
            return None
        if bucket_id not in self._targets:
            return None
        taken = described(
            target.bucket.name,
            found,
            identity=new_id(began),
            began=began,
            seconds=self._clock.monotonic() - begun,
            outcome=verdict(found.operations).outcome,
            slow_from=config.slow_response_threshold,
        )
        said = self._vote(bucket_id, found, config)
        breaker.end(permit, said.verdict, said.slowest)
        self._board.take(bucket_id, taken, [problem(one) for one in found.operations], config)
        gauges.of_round(taken)
        return taken, self._ledger.submit(Record(bucket_id=bucket_id, node=self._node, round=taken))

    def _vote(self, bucket_id: str, found: Round, config: HealthConfig) -> Voice:
        """What the breaker is told, after the other vantage points were heard."""
        own = Voice(verdict(found.operations), max((one.latency for one in found.operations), default=0.0))
        return quorum.vote(own, self._board.voices(bucket_id, config, self._clock.now()), config.quorum)


def _same(target: Target | None, bucket: Bucket) -> bool:
    return target is not None and target.bucket == bucket
