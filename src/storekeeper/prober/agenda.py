"""Which rounds are ahead, by this machine's monotonic clock: that its wall clock is wrong does not matter."""

import heapq
import itertools
import threading
from typing import NamedTuple

import msgspec

from storekeeper.kernel.clock import Clock
from storekeeper.prober.model import PlannedBucket, PlannedRound, VantagePlan
from storekeeper.prober.rules import is_worth_it


class Due(NamedTuple):
    """A round that is to be made now, and the moment for which it was planned."""

    bucket: PlannedBucket
    round: PlannedRound
    moment: float


class Agenda:
    """Safe to share between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._heap: list[tuple[float, int, Due]] = []
        self._count = itertools.count()
        self._version = ""
        self.missed = 0  # rounds for which it was too late

    def take(self, plan: VantagePlan) -> None:
        """These too, or these only where the plan is of another version."""
        base = self._clock.monotonic()
        with self._lock:
            if plan.version != self._version:
                self._heap, self._version = [], plan.version
            for bucket in plan.buckets:
                told = msgspec.structs.replace(bucket, rounds=())  # what was done is let go of
                for planned in bucket.rounds:
                    moment = base + (planned.at - plan.now).total_seconds()
                    entry = (moment, next(self._count), Due(told, planned, moment))
                    heapq.heappush(self._heap, entry)

    def due(self) -> list[Due]:
        """Those whose moment has come, of each bucket the last; what came before it is missed."""
        now, found = self._clock.monotonic(), dict[str, Due]()
        with self._lock:
            while self._heap and self._heap[0][0] <= now:
                due = heapq.heappop(self._heap)[2]
                self.missed += due.bucket.name in found
                found[due.bucket.name] = due
            worth = [one for one in found.values() if is_worth_it(now - one.moment)]
            self.missed += len(found) - len(worth)
        return worth

    def pause(self) -> float | None:
        """Seconds until the next is due; None where nothing is ahead."""
        with self._lock:
            return max(self._heap[0][0] - self._clock.monotonic(), 0.0) if self._heap else None

    def __len__(self) -> int:
        return len(self._heap)
