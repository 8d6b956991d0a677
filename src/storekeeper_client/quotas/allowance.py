"""What one owner may write into one bucket, as far as this process knows: a lease, a refusal, or that nobody answers."""

import threading
from typing import NamedTuple

from .model import Answer, Question, Settled

LOW = 0.5  # of a lease, in bytes, writes or time, from which on the next one is asked for
RETRY_SECONDS = 2.0  # without an answer, how long nobody waits for another
_MOST_SETTLED = 100  # in one request


class Ruling(NamedTuple):
    """Whether a write may be made. It is true where it may."""

    allowed: bool
    reason: str
    warned: bool = False  # a warning threshold is reached
    informed: bool = True  # False where the server could not be asked, and `fail` decided
    lease: "Lease | None" = None
    size: int = 0

    def __bool__(self) -> bool:
        return self.allowed

    def give_back(self) -> None:
        """The write was not made after all."""
        if self.lease is not None:
            self.lease.give_back(self.size)


class Lease:
    """Bytes and writes that the server gave out; None is any amount. Its owner's lock guards it."""

    def __init__(self, answer: Answer, until: float, lasts: float, lock: threading.Condition) -> None:
        self.id, self.reason, self.warned = answer.lease_id, answer.reason, answer.decision == "warn"
        self.bytes, self.writes = answer.lease_bytes, answer.lease_writes
        self.spent_bytes = self.spent_writes = 0
        self.until, self.renew_at = until, until - lasts * (1 - LOW)
        self.closed = False
        self._lock = lock

    def spend(self, size: int) -> bool:
        if self.bytes is not None and self.spent_bytes + size > self.bytes:
            return False
        if self.writes is not None and self.spent_writes >= self.writes:
            return False
        self.spent_bytes += size
        self.spent_writes += 1
        return True

    def give_back(self, size: int) -> None:
        """Once it is settled, the server has counted it; measuring what was written sets that right."""
        with self._lock:
            if not self.closed:
                self.spent_bytes -= size
                self.spent_writes -= 1

    def is_low(self, now: float) -> bool:
        return (
            now >= self.renew_at
            or (self.bytes is not None and self.spent_bytes >= self.bytes * LOW)
            or (self.writes is not None and self.spent_writes >= self.writes * LOW)
        )

    @property
    def left(self) -> float:
        return float("inf") if self.bytes is None else self.bytes - self.spent_bytes


class _Denied(NamedTuple):
    size: int  # what was asked for; less may be allowed
    reason: str
    until: float


class Allowance:
    """Thread-safe. Whoever takes from it holds the lock for microseconds; waiting is for `changed`."""

    def __init__(self, owner: str, bucket: str) -> None:
        self.owner, self.bucket = owner, bucket
        self.changed = threading.Condition()  # of a lock that its holder may take again
        self.asking = False  # a question is under way
        self.low = False  # more should be asked for, before the lease is used up
        self._lease: Lease | None = None
        self._denied: _Denied | None = None
        self._failure, self._failed_until = "", float("-inf")
        self._ended: list[Settled] = []

    def take(self, size: int, now: float) -> Ruling | None:
        """A ruling by what is known; None where the server must be asked. `failure` is to be looked at before that."""
        with self.changed:
            lease = self._lease
            if lease is not None and now < lease.until and lease.spend(size):
                self.low = lease.is_low(now)
                return Ruling(True, lease.reason, warned=lease.warned, lease=lease, size=size)
            denied = self._denied
            if denied is not None and now < denied.until and size >= denied.size:
                return Ruling(False, denied.reason)
            return None

    def failure(self, now: float) -> str:
        """Why the server does not answer, where it was asked a moment ago; else empty."""
        return self._failure if now < self._failed_until else ""

    def question(self, size: int, now: float) -> Question:
        """What to ask. A lease that is of no use any more is settled by it; one that is, stays until the answer."""
        with self.changed:
            if size or self._lease is None or now >= self._lease.until:
                self._retire()
            return Question(
                owner=self.owner, bucket=self.bucket, bytes=size, settled=self._ended[:_MOST_SETTLED]
            )

    def answered(self, question: Question, answer: Answer, asked_at: float) -> None:
        """`asked_at` is before the question was sent: here a lease ends before it does on the server."""
        with self.changed:
            self._end_asking(question)
            self._failure, self._failed_until = "", float("-inf")
            if not answer.allowed:
                self._denied = _Denied(question.bytes, answer.reason, asked_at + answer.valid_seconds)
                return
            self._denied = None
            until = asked_at + answer.valid_seconds
            lease, held = Lease(answer, until, answer.valid_seconds, self.changed), self._lease
            if held is not None and lease.left < held.left:
                held.renew_at = float("inf")  # near the limit: use up what is here before asking again
                self._end(lease)
                return
            self._retire()
            self._lease = lease

    def failed(self, reason: str, now: float) -> None:
        with self.changed:
            self._end_asking(None)
            self._failure, self._failed_until = reason, now + RETRY_SECONDS

    def gave_up(self, reason: str, now: float) -> None:
        """Somebody has waited long enough; others need not, until there is an answer."""
        with self.changed:
            self._failure, self._failed_until = reason, now + RETRY_SECONDS

    def over(self, now: float) -> list[Settled]:
        """What is to be settled, as nobody has asked for more; the lease among it once it has ended."""
        with self.changed:
            if self.asking:
                return []
            if self._lease is not None and now >= self._lease.until:
                self._retire()
            settled, self._ended = self._ended[:_MOST_SETTLED], self._ended[_MOST_SETTLED:]
            return settled

    def is_idle(self, now: float) -> bool:
        """Whether nothing is lost if it is forgotten."""
        with self.changed:
            denied = self._denied is not None and now < self._denied.until
            return not (self._lease or self._ended or self.asking or denied or self.failure(now))

    def close(self, now: float) -> list[Settled]:
        """End the lease; what is to be settled."""
        with self.changed:
            self._retire()
            self.asking = False
            return self.over(now)

    def _end_asking(self, question: Question | None) -> None:
        self.asking = self.low = False
        if question is not None:
            told = {one.lease_id for one in question.settled}
            self._ended = [one for one in self._ended if one.lease_id not in told]
        self.changed.notify_all()

    def _retire(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            self._end(lease)

    def _end(self, lease: Lease) -> None:
        lease.closed = True
        if lease.id is not None:
            self._ended.append(Settled(lease_id=lease.id, bytes=lease.spent_bytes, writes=lease.spent_writes))
