"""Reads that are kept until what they read changes, or until they are too old."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future
from functools import cached_property
from typing import Any, Generic, TypeVar

import msgspec

from storekeeper.kernel.clock import Clock

MOST = 128  # reads that are kept; the largest are about a megabyte
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


class ReadCache:
    """Safe to share between threads. A read is kept for `seconds` at most, 0 is not at all; the least used give way.

    Every change has a number. A read belongs to the last change before it *began*, so that one that a change came in
    between of is not taken for one of after the change.
    """

    def __init__(self, clock: Clock, *, seconds: float, most: int = MOST) -> None:
        self._clock, self._seconds, self._most = clock, seconds, most
        self._slots: OrderedDict[Hashable, _Slot] = OrderedDict()
        self._changes = self._of_all = 0
        self._of_bucket: dict[str, int] = {}
        self._lock = threading.Lock()  # never held while something is read

    def __len__(self) -> int:
        return len(self._slots)

    def changed(self, bucket_ids: Iterable[str] | None = None) -> None:
        """What is stored of these buckets, or of all, has changed. Tell it when the change can be read, not before."""
        with self._lock:
            self._changes += 1
            if bucket_ids is None:
                self._of_all = self._changes
                self._of_bucket.clear()
            else:
                self._of_bucket.update(dict.fromkeys(bucket_ids, self._changes))

    def get(self, key: Hashable, bucket_id: str | None, read: Callable[[], _T]) -> Kept[_T]:
        """What `read` returns, or returned to an earlier caller; those who come while it reads wait for it.

        `bucket_id` is the one bucket whose changes matter, None is any. Raises what `read` raises, which is not kept.
        """
        if self._seconds <= 0:
            return Kept(read())
        slot, is_new = self._slot(key, bucket_id)
        if is_new:
            self._fill(slot, key, read)
        found: Kept[_T] = slot.found.result()
        return found

    def _slot(self, key: Hashable, bucket_id: str | None) -> tuple[_Slot, bool]:
        with self._lock:
            now, generation = self._clock.monotonic(), self._generation(bucket_id)
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
        try:
            value = read()
        except BaseException as error:
            with self._lock:
                if self._slots.get(key) is slot:
                    del self._slots[key]
            slot.found.set_exception(error)
            raise
        slot.found.set_result(Kept(value))

    def _generation(self, bucket_id: str | None) -> int:
        if bucket_id is None:
            return self._changes
        return max(self._of_all, self._of_bucket.get(bucket_id, 0))
