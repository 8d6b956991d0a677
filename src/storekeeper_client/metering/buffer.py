"""Operations that wait for a batch: bounded, the oldest give way."""

import threading
from collections import deque
from collections.abc import Sequence

from .operation import Operation


class Buffer:
    """Filled by any thread, emptied by one.

    The lock is reentrant because the collection of garbage may record an operation (a body that was never read) in a
    thread that is in here already.
    """

    def __init__(self, limit: int) -> None:
        self.recorded = self.sampled_out = self.dropped = self.unanswered = 0
        self._limit = limit
        self._waiting: deque[Operation] = deque()
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, operation: Operation) -> int:
        """How many wait, this one included; one more than there is room for when the oldest had to give way."""
        with self._lock:
            self.recorded += 1
            waiting = self._waiting
            waiting.append(operation)
            size = len(waiting)
            if size > self._limit:
                waiting.popleft()
                self.dropped += 1
            return size

    def take(self, most: int) -> list[Operation]:
        """The oldest ones, in order."""
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def give_back(self, operations: Sequence[Operation]) -> None:
        """Put at the front what was taken, as far as there is room; the oldest give way here too."""
        with self._lock:
            room = max(self._limit - len(self._waiting), 0)
            kept = operations[len(operations) - room :] if room < len(operations) else operations
            self.dropped += len(operations) - len(kept)
            self._waiting.extendleft(reversed(kept))

    def leave_out(self) -> None:
        """Count one that the sampling did not keep."""
        with self._lock:
            self.recorded += 1
            self.sampled_out += 1

    def refuse(self) -> None:
        """Count one that came too late."""
        with self._lock:
            self.recorded += 1
            self.dropped += 1

    def miss(self) -> None:
        """Count an attempt that nobody answered."""
        with self._lock:
            self.unanswered += 1
