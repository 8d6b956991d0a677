"""Reads that are kept until what they read changes, or until they are too old."""

import hashlib
import math
import threading
from bisect import bisect_left
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

import msgspec

from storekeeper.kernel.clock import Clock

MOST = 128  # reads that are kept; the largest are about a megabyte
EVER, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_MOMENTS = 64  # from which on changes of one bucket are told apart
_T = TypeVar("_T")


class Kept(Generic[_T]):
    """What was read, once for all who ask the same."""

    def __init__(self, value: _T) -> None:
        self.value = value

    @cached_property
    def encoded(self) -> bytes:
        """As JSON."""
        return msgspec.json.encode(self.value)

    @cached_property
    def tag(self) -> str:
        """32 hex digits that are the same where the value is the same, on every node and after every start."""
        return hashlib.blake2b(self.encoded, digest_size=16).hexdigest()


class _Slot:
    """A read that is under way or done."""

    def __init__(self, generation: int, begun: float) -> None:
        self.generation = generation
        self.begun = begun
        self.found: Future[Kept[Any]] = Future()
        self.parts: list[float] = []  # when kept reads that it is made of began


_under_way: ContextVar[_Slot | None] = ContextVar("under_way", default=None)


class _Changes:
    """Numbers of changes by the moment from which on they matter, both rising.

    Whom an earlier change concerns, a later one from the same moment or before it concerns as well: only that is remembered.
    """

    def __init__(self) -> None:
        self._since: list[datetime] = []
        self._numbers: list[int] = []

    def add(self, since: datetime, number: int) -> None:
        place = bisect_left(self._since, since)
        self._since[place:], self._numbers[place:] = [since], [number]
        if len(self._since) > _MOMENTS:  # as if the second oldest had mattered from the oldest on
            del self._since[1], self._numbers[0]

    def last(self, until: datetime) -> int:
        """The last that matters to what ends then, or 0."""
        place = bisect_left(self._since, until)
        return self._numbers[place - 1] if place else 0


class ReadCache:
    """Safe to share between threads. A read is kept for `seconds` at most, 0 is not at all; the least used give way.

    Every change has a number. A read belongs to the last change before it *began*, so that one that a change came in
    between of is not taken for one of after the change. What is told of a range that is over outlives changes of what came after it.
    A read that is made of others is as old as the oldest of them.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        seconds: float,
        most: int = MOST,
        fits: Callable[[Any], bool] = lambda _value: True,
    ) -> None:
        """`fits` tells whether a value is small enough to be kept."""
        self._clock, self._seconds, self._most, self._fits = clock, seconds, most, fits
        self._slots: OrderedDict[Hashable, _Slot] = OrderedDict()
        self._number = 0
        self._of_any, self._of_all = _Changes(), _Changes()
        self._of_bucket: dict[str, _Changes] = defaultdict(_Changes)
        self._lock = threading.Lock()  # never held while something is read

    def __len__(self) -> int:
        return len(self._slots)

    def changed(self, buckets: Mapping[str, datetime] | None = None) -> None:
        """What is stored of these buckets has changed, from a moment on, or all has. Tell it when the change can be read, not before."""
        with self._lock:
            self._number += 1
            if buckets is None:
                self._of_all.add(EVER, self._number)
                self._of_bucket.clear()
                self._of_any.add(EVER, self._number)
                return
            for bucket_id, since in buckets.items():
                self._of_bucket[bucket_id].add(since, self._number)
                self._of_any.add(since, self._number)

    def get(
        self, key: Hashable, bucket_id: str | None, read: Callable[[], _T], *, until: datetime = NEVER
    ) -> Kept[_T]:
        """What `read` returns, or returned to an earlier caller; those who come while it reads wait for it.

        `bucket_id` is the one bucket whose changes matter, None is any, and only those of before `until` do. Raises what `read`
        raises, which is not kept.
        """
        if self._seconds <= 0:
            return Kept(read())
        slot, is_new = self._slot(key, bucket_id, until)
        if is_new:
            self._fill(slot, key, read)
        found: Kept[_T] = slot.found.result()
        if (whole := _under_way.get()) and math.isfinite(self._seconds):
            whole.parts.append(slot.begun)
        return found

    def _slot(self, key: Hashable, bucket_id: str | None, until: datetime) -> tuple[_Slot, bool]:
        with self._lock:
            now, generation = self._clock.monotonic(), self._generation(bucket_id, until)
            slot = self._slots.get(key)
            if slot and slot.generation == generation and now - slot.begun < self._seconds:
                self._slots.move_to_end(key)
                return slot, False
            slot = self._slots[key] = _Slot(generation, now)
            self._slots.move_to_end(key)
            while len(self._slots) > self._most:
                self._slots.popitem(last=False)
            return slot, True

    def _fill(self, slot: _Slot, key: Hashable, read: Callable[[], Any]) -> None:
        token = _under_way.set(slot)
        try:
            value = read()
        except BaseException as error:
            self._forget(slot, key)
            slot.found.set_exception(error)
            raise
        finally:
            _under_way.reset(token)
        slot.begun = min([slot.begun, *slot.parts])
        if not self._fits(value):
            self._forget(slot, key)
        slot.found.set_result(Kept(value))

    def _forget(self, slot: _Slot, key: Hashable) -> None:
        with self._lock:
            if self._slots.get(key) is slot:
                del self._slots[key]

    def _generation(self, bucket_id: str | None, until: datetime) -> int:
        if bucket_id is None:
            return self._of_any.last(until)
        of_bucket = self._of_bucket.get(bucket_id)
        return max(self._of_all.last(until), of_bucket.last(until) if of_bucket else 0)
