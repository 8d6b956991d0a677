"""A buffer, a worker, and the thread that keeps asking the worker what is next."""

import logging
import queue
import threading
from contextlib import suppress

from storekeeper.kernel.clock import Clock

from .advice import Counsel
from .buffer import Buffer
from .limits import Limits
from .note import Note, worked_out
from .operation import Operation
from .sampling import Sampler
from .stats import Stats
from .worker import Worker

_log = logging.getLogger("storekeeper.metering")


class Engine:
    """What belongs to one process: a forked child gets a new one.

    The thread starts with the first operation, so that a server that forks its workers may make the meter before.
    """

    def __init__(
        self,
        buffer: Buffer,
        worker: Worker,
        sampler: Sampler,
        *,
        limits: Limits,
        clock: Clock,
        background: bool,
        counsel: Counsel[tuple[Limits, Sampler]] | None = None,
    ) -> None:
        self.buffer, self._worker, self._sampler, self._clock = buffer, worker, sampler, clock
        self._batch_size, self._keeps_all = limits.batch_size, sampler.keeps_all
        self._background = self._thread_wanted = background
        self._counsel = counsel
        self._starting = threading.RLock()
        self._moved = threading.Condition()
        # A simple queue may be put to from the collection of garbage; an event or a condition could lock up.
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._woken = False  # since fewer than a batch waited
        self._closed = self._retired = False
        self._faults = 0
        self._waiting = buffer.waiting
        self._mark()

    def record(self, operation: Operation | Note) -> None:
        """Sample and queue. Takes microseconds, never waits for the network or the disk, and never raises."""
        try:
            if self._special:
                self._record_specially(operation)
                return
            # As `buffer.put` does it: a call less where the program waits.
            waiting = self._waiting
            waiting.append(operation)
            if len(waiting) >= self._batch_size:
                self._crowd()
        except Exception as error:  # noqa: BLE001 - the host never suffers from its metering
            self.swallow(error)

    def swallow(self, error: Exception) -> None:
        """Log a fault instead of raising it: the first, then every thousandth."""
        if self._faults % 1000 == 0:
            _log.warning("metering failed", exc_info=error)
        self._faults += 1

    def resume(self) -> None:
        """Begin with what an earlier process left on disk, if it left anything."""
        if not self._worker.idle:
            self.start()

    def flush(self, timeout: float) -> bool:
        """Send everything now; whether all of it was settled within that many seconds."""
        self._worker.hurry()
        if self._background:
            self.start()
            self._wake.put(None)
            with self._moved:
                return self._moved.wait_for(lambda: self._worker.idle, timeout)
        deadline = self._clock.monotonic() + timeout
        while not self._worker.idle:
            wait = self._worker.step()
            if self._clock.monotonic() + wait > deadline:
                return False
            if wait:
                self._clock.sleep(wait)
        return True

    def close(self, timeout: float) -> None:
        """Flush within that many seconds; what is left goes to disk or is dropped. Then nothing happens any more."""
        if self._closed:
            return
        with self._starting:  # else a thread that just started would take it for open
            self._closed = self._special = True
        if not self._worker.idle:
            with suppress(RuntimeError):  # no thread can be started at the interpreter's end
                self.flush(timeout)
        self._worker.end()
        self._wake.put(None)

    def retire(self) -> None:
        """Take nothing more: in a forked child, what the copy holds is the parent's to send."""
        self._closed = self._retired = self._special = True

    def stats(self) -> Stats:
        buffer, tally = self.buffer, self._worker.tally
        queued, spilled = self._worker.left()
        return Stats(
            recorded=buffer.recorded,
            recovered=tally.recovered,
            sampled_out=buffer.sampled_out,
            queued=queued,
            spilled=spilled,
            accepted=tally.accepted,
            duplicates=tally.duplicates,
            rejected=tally.rejected,
            dropped=buffer.dropped + tally.dropped,
            unanswered=buffer.unanswered,
            retries=tally.retries,
            last_error=tally.last_error,
        )

    def _record_specially(self, operation: Operation | Note) -> None:
        """When it is closed, or samples, or has no thread yet."""
        if self._closed:
            if not self._retired:
                self.buffer.refuse()
            return
        kept = operation if self._keeps_all else self._sampler.sample(worked_out(operation))
        if kept is None:
            self.buffer.leave_out()
            return
        if self.buffer.put(kept) >= self._batch_size:
            self._crowd()
        if self._thread_wanted:
            self.start()

    def _crowd(self) -> None:
        """A batch waits, or more than there is room for."""
        if not self._woken:
            self._woken = True
            self._wake.put(None)
        self.buffer.bound()

    def _mark(self) -> None:
        """To be called with the lock held."""
        self._special = self._closed or self._thread_wanted or not self._keeps_all

    def start(self) -> None:
        """Have a thread, if that is wanted. Raises RuntimeError when the system has none left."""
        with self._starting:
            if self._thread_wanted:
                self._thread_wanted = False
                try:
                    threading.Thread(target=self._run, name="storekeeper-meter", daemon=True).start()
                except RuntimeError:
                    self._thread_wanted = True
                    raise
                self._mark()

    def _run(self) -> None:
        while not self._worker.ended:
            # Before the step: it sees what came earlier, and what comes later wakes this thread again.
            full = self._woken = self._is_full()
            wait = self._worker.step()
            with self._moved:
                self._moved.notify_all()
            if not self._closed and self._counsel is not None:
                if found := self._counsel.seek():
                    self._follow(*found)
                    continue  # there may be less to wait for
                wait = min(wait, self._counsel.wait)
            if wait > 0 and full <= self._is_full():
                with suppress(queue.Empty):
                    self._wake.get(timeout=wait)

    def _follow(self, limits: Limits, sampler: Sampler) -> None:
        """From the next operation on. A sampler weighs by the rates that it samples by, so each gets its own weight."""
        self._sampler = sampler
        self._keeps_all = sampler.keeps_all
        self._batch_size = limits.batch_size
        with self._starting:
            self._mark()
        self._worker.follow(limits)

    def _is_full(self) -> bool:
        return len(self.buffer) >= self._batch_size
