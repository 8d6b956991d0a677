"""Which keys are still to be listed, and who lists them.

Every change is one event: rows that were found, and the shards as they stand after it. Events are recorded in the
order in which they happen, so that any number of them from the start is a consistent state: the rows so far and the
keys of the shards that are left are together all keys, none twice. A crash may forget the last events, never one
between.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import pyarrow as pa
from msgspec.structs import replace

from storekeeper.inventory.model import Shard
from storekeeper.inventory.rules import ranges
from storekeeper.inventory.scanning.columns import keys_of

PAGES_BEFORE_A_CUT = 8  # a shard that ends sooner is not worth the search


class Event(NamedTuple):
    """One step of the listing. Shards that are done need not be kept."""

    rows: pa.Table | None
    shards: Sequence[Shard]


class Claim(NamedTuple):
    """A shard to list, or (`to_cut`) to be cut in two because others are idle; its listing began at `origin`."""

    shard: Shard
    to_cut: bool = False
    origin: str = ""


class _Active:
    """A shard that a worker lists now."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.origin = ""  # the first key since it was taken
        self.pages = 0  # since it was taken or cut


class Frontier:
    """Shared by all workers of one scan."""

    def __init__(self, shards: Iterable[Shard], next_number: int, record: Callable[[Event], None]) -> None:
        self._waiting = deque(shards)
        self._active: dict[int, _Active] = {}
        self._next = next_number
        self._record = record
        self._idle = 0
        self._may_cut = True
        self._stopped = False
        self._changed = threading.Condition()

    @property
    def stopped(self) -> bool:
        return self._stopped

    @property
    def hungry(self) -> bool:
        """Whether workers are idle for want of shards."""
        return self._idle > len(self._waiting)

    def stop(self) -> None:
        """Let everybody go home after the page at hand."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def claim(self) -> Claim | None:
        """Something to do, as soon as there is; None when all is listed or the scan was stopped."""
        with self._changed:
            self._idle += 1
            try:
                while not self._stopped and (self._waiting or self._active):
                    if found := self._find():
                        return found
                    self._changed.wait()
                return None
            finally:
                self._idle -= 1

    def listed(self, number: int, rows: pa.Table, *, ended: bool) -> Shard:
        """Take over a page, as far as it still belongs to the shard; returns the shard as it is now."""
        with self._changed:
            active = self._active[number]
            shard = active.shard
            last = rows["key"][-1].as_py() if rows.num_rows else shard.after
            active.origin = active.origin or (rows["key"][0].as_py() if rows.num_rows else "")
            if rows.num_rows and (
                rows["key"][0].as_py() <= shard.after or (shard.until and last > shard.until)
            ):
                rows = _slice(rows, ranges.wanted(shard, keys_of(rows)))
            active.pages += 1
            return self._settle(number, ranges.advance(shard, last, ended=ended), rows)

    def divided(
        self, number: int, level: pa.Table, folders: Sequence[str], *, truncated: bool
    ) -> Shard | None:
        """Give a shard's folders away as shards of their own; None when the level brings nothing forward."""
        with self._changed:
            shard = self._active[number].shard
            division = ranges.divide(shard, keys_of(level), folders, truncated=truncated)
            if division is None:
                return None
            children = [self._number(child) for child in division.children]
            return self._settle(number, division.rest, _slice(level, division.found), children)

    def cut(self, number: int, at: str) -> Shard | None:
        """Cut a shard that someone else lists; returns the new part, claimed by the caller."""
        with self._changed:
            active = self._active.get(number)
            parts = ranges.cut(active.shard, at, self._next) if active else None
            if active is None or parts is None:
                return None
            active.shard, part = parts
            self._next += 1
            self._active[part.number] = _Active(part)
            self._record(Event(None, parts))
            return part

    def forbid_cuts(self) -> None:
        """The store does not begin a listing where it is told to."""
        self._may_cut = False

    def _find(self) -> Claim | None:
        if self._waiting:
            shard = self._waiting.popleft()
            self._active[shard.number] = _Active(shard)
            return Claim(shard)
        busiest = max(self._active.values(), key=lambda active: active.pages)
        if self._may_cut and busiest.pages >= PAGES_BEFORE_A_CUT:
            busiest.pages = 0
            return Claim(busiest.shard, to_cut=True, origin=busiest.origin)
        return None

    def _settle(self, number: int, shard: Shard, rows: pa.Table, children: Sequence[Shard] = ()) -> Shard:
        self._record(Event(rows, (shard, *children)))
        self._waiting.extend(children)
        if shard.done:
            del self._active[number]
        else:
            self._active[number].shard = shard
        self._changed.notify_all()
        return shard

    def _number(self, shard: Shard) -> Shard:
        numbered = replace(shard, number=self._next)
        self._next += 1
        return numbered


def _slice(rows: pa.Table, part: slice) -> pa.Table:
    return rows.slice(part.start or 0, max(0, (part.stop or 0) - (part.start or 0)))
