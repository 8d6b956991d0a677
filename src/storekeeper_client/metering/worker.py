"""What the sending side does next: a machine that is asked again and again, and knows no thread."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from storekeeper.kernel.clock import Clock

from .backoff import pause
from .batch import Batch, Packer
from .buffer import Buffer
from .limits import Limits
from .note import Note
from .operation import Operation
from .spill import CorruptError, Spill, Spilled
from .stats import Tally
from .verdict import Acknowledged, Answer, Later, Refused, Verdict, judge

_log = logging.getLogger("storekeeper.metering")
_BETWEEN_COMPLAINTS = 60.0  # seconds


class Carrier(Protocol):
    """Takes batches to the server, one at a time."""

    def post(self, batch: Batch) -> Answer:
        """The answer. Raises what kept it from getting one."""

    def close(self) -> None: ...


class Worker:
    """Takes batches from the buffer (or the disk) and has them sent, one at a time.

    At most one batch is in memory besides the buffer, so that memory stays bounded whatever the server does. One thread
    steps; another may end it at any time, even while a request is on its way.
    """

    def __init__(
        self,
        buffer: Buffer,
        packer: Packer,
        carrier: Carrier,
        *,
        limits: Limits,
        clock: Clock,
        random: Callable[[], float],
        spill: Spill | None = None,
    ) -> None:
        self.tally = Tally()
        self._buffer, self._packer, self._carrier, self._spill = buffer, packer, carrier, spill
        self._limits, self._clock, self._random = limits, clock, random
        self._batch: Batch | None = None
        self._file: Spilled | None = None  # where the batch came from
        self._attempts = self._strikes = 0
        self._hurried = self._sending = self.ended = False
        # The last batch was taken: only then one may be large, for it is lost with the process.
        self._flowing = False
        self._lock = threading.Lock()  # not held while a request is on its way
        self._due = clock.monotonic() + limits.flush_interval
        self._not_before = 0.0
        self._complained = 0
        self._next_complaint = 0.0
        if spill is not None:
            self.tally.recovered = len(spill)

    @property
    def idle(self) -> bool:
        """Nothing is left to send."""
        return self.left() == (0, 0)

    def left(self) -> tuple[int, int]:
        """Operations in memory, and those that are on disk only."""
        with self._lock:  # else a batch is nowhere for a moment, between the buffer and here
            queued = len(self._buffer) + (self._batch.count if self._batch is not None else 0)
            return queued, len(self._spill) if self._spill is not None else 0

    def hurry(self) -> None:
        """Send all there is without waiting for a batch to be full, and try at once even after a failure."""
        self._hurried = True
        self._not_before = 0.0

    def follow(self, limits: Limits) -> None:
        """Work by these from now on."""
        with self._lock:
            self._limits = limits
            self._due = min(self._due, self._clock.monotonic() + limits.flush_interval)

    def step(self) -> float:
        """Send at most one request; how many seconds there is nothing to do."""
        with self._lock:
            now = self._clock.monotonic()
            self._complain(now)
            batch = None if self.ended else self._batch or self._take(now)
            if batch is None:
                self._hurried = False
                return max(self._due - now, 0.0)
            if now < self._not_before:
                self._relieve()
                return self._not_before - now
            self._sending = True
        verdict = self._send(batch)
        with self._lock:
            self._sending = False
            if self.ended:
                self._carrier.close()
            else:
                self._settle(batch, verdict)
        return 0.0

    def end(self) -> None:
        """Leave what is left to the disk, or count it as dropped. Nothing is sent afterwards."""
        with self._lock:
            self.ended = True
            if not self._sending:
                self._carrier.close()
            if self._file is not None and self._spill is not None:
                self._spill.give_back(self._file)
            elif self._batch is not None:
                self._keep(self._batch)
            self._batch = self._file = None
            while operations := self._buffer.take(self._limits.batch_size):
                if batch := self._pack(operations):
                    self._keep(batch)
            self._next_complaint = 0.0
            self._complain(self._clock.monotonic())

    def _take(self, now: float) -> Batch | None:
        """A batch to send: a full one, or what is due, else one from the disk."""
        waiting, late = len(self._buffer), now >= self._due
        full = waiting >= self._limits.batch_size
        if late or full:
            self._due = now + self._limits.flush_interval
        if full or (waiting and (late or self._hurried)):
            most = self._limits.next_batch(waiting) if self._flowing else self._limits.batch_size
            self._batch = self._pack(self._buffer.take(most))
        if self._batch is None:
            self._load()
        return self._batch

    def _pack(self, operations: Sequence[Operation | Note]) -> Batch | None:
        batch = self._packer.pack(operations)
        if unfit := len(operations) - (batch.count if batch is not None else 0):
            self._lose(unfit, "a value can not be written as JSON")
        return batch

    def _load(self) -> None:
        while self._spill is not None and self._batch is None and (file := self._spill.take()):
            try:
                self._batch, self._file = self._spill.load(file), file
            except FileNotFoundError:
                self.tally.duplicates += file.count  # another process has sent it
            except (OSError, CorruptError) as error:
                self._spill.set_aside(file)
                self._lose(file.count, f"a batch on disk can not be used: {error}")

    def _send(self, batch: Batch) -> Verdict:
        try:
            return judge(self._carrier.post(batch), self._clock.now())
        except Exception as error:  # noqa: BLE001 - whatever keeps a batch from being sent may pass
            return Later(f"{type(error).__name__}: {error}")

    def _settle(self, batch: Batch, verdict: Verdict) -> None:
        self._flowing = isinstance(verdict, Acknowledged)
        if isinstance(verdict, Later):
            self._strikes += verdict.strike
            if self._strikes < self._limits.strikes:
                self._wait(verdict)
                return
            verdict = Refused(f"given up: {verdict.reason}")
        if isinstance(verdict, Refused):
            self._lose(batch.count, f"the server refused a batch: {verdict.reason}")
        else:
            self._acknowledge(verdict)
        if self._file is not None and self._spill is not None:
            self._spill.forget(self._file)
        self._batch = self._file = None
        self._attempts = self._strikes = 0

    def _acknowledge(self, reply: Acknowledged) -> None:
        self.tally.accepted += reply.accepted
        self.tally.duplicates += reply.duplicates
        self.tally.rejected += len(reply.rejected)
        if reply.rejected:
            self.tally.last_error = f"rejected: {reply.rejected[0].get('reason', '')}"

    def _wait(self, verdict: Later) -> None:
        self._attempts += 1
        self.tally.retries += 1
        self.tally.last_error = verdict.reason
        wait = pause(self._attempts, verdict.wait, self._limits, self._random)
        self._not_before = self._clock.monotonic() + wait

    def _relieve(self) -> None:
        """While the server is away, move full batches to disk."""
        while self._spill is not None and len(self._buffer) >= self._limits.batch_size:
            operations = self._buffer.take(self._limits.batch_size)
            try:
                if batch := self._pack(operations):
                    self._lose(self._spill.add(batch), "the folder for batches is full")
            except OSError as error:
                self._buffer.give_back(operations)
                self.tally.last_error = f"can not write to disk: {error}"
                return

    def _keep(self, batch: Batch) -> None:
        try:
            if self._spill is not None:
                self._lose(self._spill.add(batch), "the folder for batches is full")
                return
        except OSError as error:
            self.tally.last_error = f"can not write to disk: {error}"
        self._lose(batch.count, self.tally.last_error or "the program ended")

    def _lose(self, count: int, reason: str) -> None:
        if count:
            self.tally.dropped += count
            self.tally.last_error = reason

    def _complain(self, now: float) -> None:
        """Say what is lost, at most once a minute."""
        lost = self.tally.dropped + self.tally.rejected + self._buffer.dropped
        if lost > self._complained and now >= self._next_complaint:
            _log.warning("%d operations lost: %s", lost - self._complained, self.tally.last_error)
            self._complained, self._next_complaint = lost, now + _BETWEEN_COMPLAINTS
