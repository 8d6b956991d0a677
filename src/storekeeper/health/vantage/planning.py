"""Plans the rounds of a vantage point, and signs them with the credentials that only this server has."""

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.health.model import HealthConfig
from storekeeper.health.service import HealthService
from storekeeper.health.sightings import Vantage
from storekeeper.health.vantage import rules, tickets
from storekeeper.health.vantage.rules import Moment, Watched
from storekeeper.health.vantage.tickets import Ticket
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id
from storekeeper.objectstore.probing import RoundSigner
from storekeeper.prober.model import PlannedBucket, PlannedRound, VantagePlan


class _Target(msgspec.Struct, frozen=True, kw_only=True):
    bucket: Bucket
    config: HealthConfig
    signer: RoundSigner


class Planner:
    """Safe to share between threads. `key` is that of the tickets."""

    def __init__(self, health: HealthService, buckets: BucketService, clock: Clock, *, key: bytes) -> None:
        self._health, self._buckets, self._clock, self._key = health, buckets, clock, key
        self._signers: dict[str, tuple[Bucket, RoundSigner | None]] = {}
        self._lock = threading.Lock()

    def plan(self, vantage: Vantage, *, after: datetime | None, version: str) -> VantagePlan:
        """The rounds after a moment, if the plan of that version still holds, else from now on."""
        now, targets = self._clock.now(), self._targets()
        current = _version(vantage, targets.values())
        start = rules.asked_after(after, is_current=version == current, now=now)
        watched = [Watched(bucket_id, _interval(one.config)) for bucket_id, one in targets.items()]
        horizon = rules.ahead(watched, vantage.id, start, now)
        moments: dict[str, list[Moment]] = {bucket_id: [] for bucket_id in targets}
        for moment in horizon.moments:
            moments[moment.bucket_id].append(moment)
        return VantagePlan(
            vantage=vantage.name,
            node=vantage.node,
            version=current,
            now=now,
            until=horizon.until,
            buckets=[self._planned(one, moments[bucket_id], vantage) for bucket_id, one in targets.items()],
        )

    def _planned(self, target: _Target, moments: Sequence[Moment], vantage: Vantage) -> PlannedBucket:
        config, location = target.config, target.signer.location
        return PlannedBucket(
            name=target.bucket.name,
            endpoint=location.endpoint,
            bucket=location.bucket,
            check_interval=config.check_interval,
            timeout=config.timeout,
            failure_threshold=config.failure_threshold,
            slow_response_threshold=config.slow_response_threshold,
            test_operations=config.test_operations,
            rounds=[self._signed(target, moment.at, vantage) for moment in moments],
        )

    def _signed(self, target: _Target, at: datetime, vantage: Vantage) -> PlannedRound:
        operations = target.config.test_operations
        signed = target.signer.sign(vantage.node, operations, at)
        ticket = Ticket(
            round=new_id(at),
            vantage=vantage.id,
            bucket_id=target.bucket.id,
            at=int(at.timestamp() * 1000),
            operations=operations,
        )
        return PlannedRound(
            id=ticket.round,
            at=at,
            ticket=tickets.issued(ticket, self._key),
            key=signed.key,
            requests=signed.requests,
        )

    def _targets(self) -> Mapping[str, _Target]:
        """By id, the buckets that are checked and can be reached from another machine."""
        with self._lock:
            before, self._signers = self._signers, {}
            found = {}
            for bucket, config in self._health.watched():
                known = before.get(bucket.id)
                if known is None or known[0] != bucket:
                    known = bucket, self._buckets.round_signer(bucket)
                self._signers[bucket.id] = known
                if config.enabled and known[1] is not None:
                    found[bucket.id] = _Target(bucket=bucket, config=config, signer=known[1])
            return found


def _version(vantage: Vantage, targets: Iterable[_Target]) -> str:
    """Another one whenever rounds would be others."""
    known = [(one.bucket, one.config) for one in targets]
    return hashlib.sha256(msgspec.json.encode([vantage, known])).hexdigest()[:16]


def _interval(config: HealthConfig) -> timedelta:
    return timedelta(milliseconds=config.check_interval)
