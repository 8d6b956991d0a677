"""Starts rounds when they are due. One thread looks at the clock; as many as needed do the rounds."""

import heapq
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog

from storekeeper.health.rules import schedule
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError

MOST_THREADS = 128
_LONGEST_NAP = 1.0
_DRIFTS_KEPT = 1000

log = structlog.get_logger("health")


class Entry:
    """One bucket's place in the schedule; `due` is by the monotonic clock."""

    def __init__(self, interval: float, due: float) -> None:
        self.interval, self.due, self.busy, self.missed = interval, due, False, 0


class Monitor:
    """`run` does one round of a bucket, by its id, in a thread of the pool; `tick` is called about once a second."""

    def __init__(self, clock: Clock, run: Callable[[str], object], tick: Callable[[], None]) -> None:
        self._clock, self._run, self._tick = clock, run, tick
        self._entries: dict[str, Entry] = {}
        self._heap: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="health-probe")
        self._thread = threading.Thread(target=self._loop, name="health-monitor", daemon=True)
        self._drifts: deque[float] = deque(maxlen=_DRIFTS_KEPT)
        self.rounds = self.under_way = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin no more rounds, and wait for those under way."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def schedule(self, wanted: Mapping[str, tuple[timedelta, datetime | None]], at_once: set[str]) -> None:
        """Check these buckets, each by its interval and the time of its last round, and no others.

        Of those that were checked before, the ones in `at_once` are due now.
        """
        with self._changed:
            for gone in self._entries.keys() - wanted.keys():
                del self._entries[gone]
            for bucket_id, (interval, last) in wanted.items():
                self._place(
                    bucket_id, interval, last, at_once=bucket_id in at_once and bucket_id in self._entries
                )
            self._changed.notify_all()

    def submit(self, bucket_id: str) -> "Future[object]":
        """A round now, besides those of the schedule."""
        return self._pool.submit(self._run, bucket_id)

    def next_due(self, bucket_id: str) -> datetime | None:
        """When its next round is planned."""
        entry = self._entries.get(bucket_id)
        if entry is None:
            return None
        return self._clock.now() + timedelta(seconds=entry.due - self._clock.monotonic())

    def step(self) -> float:
        """Start the rounds that are due; seconds until the next one is."""
        with self._changed:
            now = self._clock.monotonic()
            while self._heap and self._heap[0][0] <= now:
                due, bucket_id = heapq.heappop(self._heap)
                entry = self._entries.get(bucket_id)
                if entry is not None and entry.due == due:
                    self._begin(bucket_id, entry, now)
            return self._heap[0][0] - now if self._heap else _LONGEST_NAP

    def drift_p99(self) -> float:
        """Seconds by which rounds began too late, of the last thousand."""
        found = sorted(self._drifts)
        return found[min(int(len(found) * 0.99), len(found) - 1)] if found else 0.0

    def missed(self) -> dict[str, int]:
        """By bucket id, where any were."""
        with self._changed:
            return {bucket_id: entry.missed for bucket_id, entry in self._entries.items() if entry.missed}

    def _place(self, bucket_id: str, interval: timedelta, last: datetime | None, *, at_once: bool) -> None:
        entry = self._entries.get(bucket_id)
        seconds = interval.total_seconds()
        if entry is not None and entry.interval == seconds and not at_once:
            return
        now = self._clock.now()
        due = now if at_once else schedule.first_due(bucket_id, interval, last, now)
        moment = self._clock.monotonic() + (due - now).total_seconds()
        if entry is None:
            entry = self._entries[bucket_id] = Entry(seconds, moment)
        entry.interval, entry.due = seconds, moment
        heapq.heappush(self._heap, (moment, bucket_id))

    def _begin(self, bucket_id: str, entry: Entry, now: float) -> None:
        planned = entry.due
        following, missed = schedule.step(planned, entry.interval, now)
        entry.due, entry.missed = following, entry.missed + missed + entry.busy
        heapq.heappush(self._heap, (following, bucket_id))
        if not entry.busy:
            entry.busy = True
            self.under_way += 1
            self._pool.submit(self._round, bucket_id, entry, planned)

    def _round(self, bucket_id: str, entry: Entry, planned: float) -> None:
        self._drifts.append(max(self._clock.monotonic() - planned, 0.0))
        try:
            if not self.stopping:
                self._run(bucket_id)
        except Exception:  # one bucket's round; the others go on
            log.exception("a health check could not be made", bucket=bucket_id)
        finally:
            with self._changed:
                entry.busy = False
                self.under_way -= 1
                self.rounds += 1
                self._changed.notify_all()

    def settle(self, seconds: float = 60.0) -> bool:
        """Wait until no round of the schedule is under way; whether that came about."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.under_way, seconds)

    def _loop(self) -> None:
        ticked = self._clock.monotonic() - _LONGEST_NAP
        while not self.stopping:
            pause = min(self.step(), _LONGEST_NAP)
            if self._clock.monotonic() - ticked >= _LONGEST_NAP:
                ticked = self._clock.monotonic()
                self._ticked()
            with self._changed:
                if not self.stopping and pause > 0 and not self._is_due():
                    self._changed.wait(pause)

    def _is_due(self) -> bool:
        return bool(self._heap) and self._heap[0][0] <= self._clock.monotonic()

    def _ticked(self) -> None:
        try:
            self._tick()
        except StorekeeperError as error:
            log.warning("the health monitor's upkeep failed", error=error.detail)
        except Exception:  # it is tried again with the next tick
            log.exception("the health monitor's upkeep failed")
