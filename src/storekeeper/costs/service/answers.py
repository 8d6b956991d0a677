"""What was worked out from costs as they are stored, kept for as long as what it is made of stays the same."""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable
from datetime import UTC
from typing import TypeVar

from storekeeper.buckets import BucketService
from storekeeper.costs.sheets import Book
from storekeeper.infra.caching import ReadCache
from storekeeper.infra.jobs import Jobs, RunStatus
from storekeeper.infra.once import once
from storekeeper.kernel.clock import Clock

CALCULATE = "calculate-costs"
MOST = 128  # of a kind that are kept; the largest, with a thousand owners, are a quarter of a megabyte
T = TypeVar("T")


class Answers:
    """Safe to share between threads. Answers of one kind do not give way to those of another."""

    def __init__(self, jobs: Jobs, buckets: BucketService, book: Callable[[], Book], clock: Clock) -> None:
        self._jobs, self._buckets, self._book, self._clock = jobs, buckets, book, clock
        self._changes = 0
        self._kept: dict[str, ReadCache] = defaultdict(lambda: ReadCache(clock, seconds=math.inf, most=MOST))

    def changed(self) -> None:
        """Here, and it can be read. Calculations elsewhere are seen by their runs."""
        self._changes += 1

    def get(self, kind: str, asked: Hashable, read: Callable[[], T]) -> T:
        """What `read` returns, or returned before. Raises what it raises, which is not kept."""
        return self._kept[kind].get((asked, once((self, "made of"), self._made_of)), None, read).value

    def _made_of(self) -> tuple[object, ...]:
        """Facts as they were worked out last, here or elsewhere, prices, buckets, the day."""
        ended = self._jobs.find(job=CALCULATE, statuses=[RunStatus.SUCCEEDED], limit=1)
        calculated = (self._changes, ended[0].id if ended else "")
        return (
            calculated,
            self._book().digests(),
            tuple(self._buckets.all()),
            self._clock.now().astimezone(UTC).date(),
        )
