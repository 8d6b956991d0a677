"""Makes rounds when they are due, as many at once as there are."""

import threading
from concurrent.futures import ThreadPoolExecutor

import structlog

from storekeeper.kernel.clock import Clock
from storekeeper.objectstore.probing import Plan, ProbeOperation, SignedRound, open_replayer
from storekeeper.prober.agenda import Agenda, Due
from storekeeper.prober.outbox import Outbox
from storekeeper.prober.reporting import reported

MOST_THREADS = 64
LONGEST_NAP = 0.5
_WRITES = frozenset({ProbeOperation.PUT, ProbeOperation.DELETE})

log = structlog.get_logger("prober")


class Watcher:
    """`step` by one thread; rounds are made by others."""

    def __init__(self, clock: Clock, agenda: Agenda, outbox: Outbox) -> None:
        self._clock, self._agenda, self._outbox = clock, agenda, outbox
        self._pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="prober")
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._busy: set[str] = set()
        self._versioned: set[str] = set()
        self.rounds = self.missed = 0

    def step(self) -> float:
        """Begin what is due; seconds until to look again."""
        for due in self._agenda.due():
            with self._changed:
                if due.bucket.name in self._busy:
                    self.missed += 1
                    continue
                self._busy.add(due.bucket.name)
            self._pool.submit(self._round, due)
        pause = self._agenda.pause()
        return LONGEST_NAP if pause is None else min(pause, LONGEST_NAP)

    def settle(self, seconds: float = 60.0) -> bool:
        """Wait until no round is under way; whether that came about."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, seconds)

    def stop(self) -> None:
        """Break rounds off, and wait until they have cleaned up behind them."""
        self._stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def _round(self, due: Due) -> None:
        try:
            self._make(due)
        except Exception:  # one bucket's round; the others go on
            log.exception("a round could not be made", bucket=due.bucket.name)
        finally:
            with self._changed:
                self._busy.discard(due.bucket.name)
                self.rounds += 1
                self._changed.notify_all()

    def _make(self, due: Due) -> None:
        bucket, planned = due.bucket, due.round
        operations = [one for one in bucket.test_operations if self._may(one, bucket.name)]
        if not operations or self._stopping.is_set():
            return
        signed = SignedRound(key=planned.key, requests=planned.requests)
        node = planned.key.split("/")[1]
        plan = Plan(
            operations=operations, timeout=bucket.timeout / 1000, node=node, key=signed.key, body=signed.body
        )
        replayer = open_replayer(bucket.endpoint, bucket.bucket, signed.requests, clock=self._clock)
        begun = self._clock.monotonic()
        found = replayer.run(plan, self._stopping.is_set)
        if self._stopping.is_set():
            return
        if found.versioned and bucket.name not in self._versioned:
            self._versioned.add(bucket.name)
            log.warning("the bucket keeps versions, so it is only read from here", bucket=bucket.name)
        ended = self._clock.monotonic()
        self._outbox.put(reported(planned.ticket, found, late=begun - due.moment, seconds=ended - begun))

    def _may(self, operation: ProbeOperation, bucket: str) -> bool:
        """Taking a version away needs a signature that nobody can make before there is one."""
        return operation not in _WRITES or bucket not in self._versioned
