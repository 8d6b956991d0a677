"""Operations that wait for a batch: bounded, the oldest give way."""

import threading
from collections import deque
from collections.abc import Sequence

from .note import Note
from .operation import Operation


class Buffer:
    """Filled by any thread, emptied by one.

    To put one in takes no lock: a deque appends atomically, and how many were recorded is told by what became of them.
    The lock is reentrant because the collection of garbage may record an operation (a body that was never read) in a
    thread that is in here already.
    """

    __slots__ = ("_limit", "_lock", "_taken", "dropped", "sampled_out", "unanswered", "waiting")

    def __init__(self, limit: int) -> None:
        self.sampled_out = self.dropped = self.unanswered = self._taken = 0
        self._limit = limit
        self.waiting: deque[Operation | Note] = deque()
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self.waiting)

    @property
    def recorded(self) -> int:
        """How many came, whatever became of them."""
        with self._lock:
            return self._taken + len(self.waiting) + self.dropped + self.sampled_out

    def put(self, operation: Operation | Note) -> int:
        """How many wait, this one included; more than there is room for when the oldest had to give way."""
        waiting = self.waiting
        waiting.append(operation)
        size = len(waiting)
        if size > self._limit:
            self.bound()
        return size

    def bound(self) -> None:
        """Have the oldest give way when more wait than there is room for."""
        if len(self.waiting) <= self._limit:
            return
        with self._lock:
            while len(self.waiting) > self._limit:
                self.waiting.popleft()
                self.dropped += 1

    def take(self, most: int) -> list[Operation | Note]:
        """The oldest ones, in order."""
        with self._lock:
            taken = [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]
            self._taken += len(taken)
            return taken

    def give_back(self, operations: Sequence[Operation | Note]) -> None:
        """Put at the front what was taken, as far as there is room; the oldest give way here too."""
        with self._lock:
            room = max(self._limit - len(self.waiting), 0)
            kept = operations[len(operations) - room :] if room < len(operations) else operations
            self.dropped += len(operations) - len(kept)
            self._taken -= len(operations)
            self.waiting.extendleft(reversed(kept))

    def leave_out(self) -> None:
        """Count one that the sampling did not keep."""
        with self._lock:
            self.sampled_out += 1

    def refuse(self) -> None:
        """Count one that came too late."""
        with self._lock:
            self.dropped += 1

    def miss(self) -> None:
        """Count an attempt that nobody answered."""
        with self._lock:
            self.unanswered += 1
