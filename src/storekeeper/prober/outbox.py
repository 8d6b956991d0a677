"""What was found and is not with the server yet: in memory, and not without end."""

import threading
from itertools import islice

from storekeeper.prober.model import MOST_ROUNDS, ReportedRound

MOST_KEPT = 20_000


class Outbox:
    """Safe to share between threads. What is too much is lost, the oldest first."""

    def __init__(self) -> None:
        self._waiting: dict[str, ReportedRound] = {}  # by ticket, in the order in which they came
        self._changed = threading.Condition()
        self._released = False
        self.lost = 0

    def put(self, made: ReportedRound) -> None:
        with self._changed:
            self._waiting[made.ticket] = made
            while len(self._waiting) > MOST_KEPT:
                del self._waiting[next(iter(self._waiting))]
                self.lost += 1
            self._changed.notify_all()

    def batch(self) -> list[ReportedRound]:
        """The oldest, as many as fit into one report; `let_go` of them when they have arrived."""
        with self._changed:
            return list(islice(self._waiting.values(), MOST_ROUNDS))

    def let_go(self, batch: list[ReportedRound]) -> None:
        with self._changed:
            for made in batch:
                self._waiting.pop(made.ticket, None)

    def wait(self, seconds: float) -> None:
        """Return when something waits, or after that time."""
        with self._changed:
            self._changed.wait_for(lambda: self._released or bool(self._waiting), seconds)

    def release(self) -> None:
        """Let `wait` return at once from now on."""
        with self._changed:
            self._released = True
            self._changed.notify_all()

    def __len__(self) -> int:
        return len(self._waiting)
