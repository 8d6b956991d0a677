"""Makes a plan: lists what a policy names, and writes down what would go. Deletes nothing."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa

from storekeeper.cleanup.ledger import Ledger
from storekeeper.cleanup.model import Choice, Group, PlannedObject, Policy
from storekeeper.cleanup.rules.checking import choice_of
from storekeeper.cleanup.rules.selecting import (
    AGES,
    Cap,
    Selector,
    age_of,
    folder_of,
    has_tags,
    prefixes_to_list,
)
from storekeeper.kernel.pace import Pace
from storekeeper.objectstore import ObjectStore
from storekeeper.objectstore.errors import NoSuchKeyError

GROUPS_SHOWN = 100
_GROUPS_COUNTED = 10_000  # whatever folders there are beyond, memory stays bounded
_OTHERS = "(others)"
_ROWS = 5000  # that are written at once

Row = tuple[str, int, datetime, str, str]  # key, size, modified, storage class, ETag


class Found(NamedTuple):
    """What a plan holds, in figures."""

    listed: int
    objects: int
    bytes: int
    left_objects: int
    left_bytes: int
    by_prefix: tuple[Group, ...]
    by_age: tuple[Group, ...]
    by_class: Mapping[str, int]  # bytes by storage class


class Planner:
    """One attempt at one plan. Memory does not grow with the bucket: candidates go to the ledger, page by page."""

    def __init__(
        self,
        store: ObjectStore,
        policy: Policy,
        ledger: Ledger,
        *,
        now: datetime,
        pace: Pace,
        owner_of: Callable[[str], str],
        beat: Callable[..., None],
    ) -> None:
        self._store, self._ledger, self._now = store, ledger, now
        self._choice: Choice = choice_of(policy)
        self._selector = Selector(self._choice, now)
        self._cap = Cap(policy.most_objects, policy.most_bytes)
        self._pace, self._owner_of, self._beat = pace, owner_of, beat
        self._listed = 0
        self._chosen, self._left = Counter[str](), Counter[str]()
        self._folders, self._ages = _Groups(), _Groups()
        self._classes = Counter[str]()
        self._waiting: list[PlannedObject] = []

    def run(self) -> Found:
        """List to the end. Raises objectstore errors, and RunCancelledError by `beat`."""
        for prefix in prefixes_to_list(self._choice):
            for row in self._rows(prefix):
                self._look_at(row)
        self._flush()
        return Found(
            listed=self._listed,
            objects=self._chosen["objects"],
            bytes=self._chosen["bytes"],
            left_objects=self._left["objects"],
            left_bytes=self._left["bytes"],
            by_prefix=self._folders.largest(GROUPS_SHOWN),
            by_age=self._ages.in_order(AGES),
            by_class=dict(self._classes),
        )

    def _rows(self, prefix: str) -> Iterable[Row]:
        token, more = "", True
        while more:
            self._pace.wait()
            page = self._store.list_page(prefix=prefix, token=token, etags=True)
            self._listed += page.objects.num_rows
            self._beat(listed=self._listed, objects=self._chosen["objects"], bytes=self._chosen["bytes"])
            yield from _tuples(page.objects)
            token, more = page.token, page.truncated

    def _look_at(self, row: Row) -> None:
        key, size, modified, storage_class, etag = row
        if not self._selector.chooses(key, size, modified):
            return
        if not self._has_room_for(key, size):
            return
        self._chosen.update(objects=1, bytes=size)
        self._folders.add(folder_of(key, self._choice.prefixes), size)
        self._ages.add(age_of(modified, self._now), size)
        self._classes[storage_class] += size
        self._waiting.append(
            PlannedObject(key=key, size=size, modified=modified, etag=etag, owner=self._owner_of(key))
        )
        if len(self._waiting) >= _ROWS:
            self._flush()

    def _has_room_for(self, key: str, size: int) -> bool:
        """Tags are asked for last, for each is a request; what is beyond the cap is counted without them."""
        if not self._cap.has_room(size):
            self._left.update(objects=1, bytes=size)
            return False
        if self._choice.tags and not self._is_tagged(key):
            return False
        return self._cap.takes(size)

    def _is_tagged(self, key: str) -> bool:
        self._pace.wait()
        self._beat()
        try:
            return has_tags(self._choice.tags, self._store.tags(key))
        except NoSuchKeyError:
            return False

    def _flush(self) -> None:
        if self._waiting:
            self._ledger.add(self._waiting)
            self._waiting.clear()


class _Groups:
    """Objects and bytes by name, of a bounded number of names."""

    def __init__(self) -> None:
        self._objects, self._bytes = Counter[str](), Counter[str]()

    def add(self, name: str, size: int) -> None:
        known = name in self._objects or len(self._objects) < _GROUPS_COUNTED
        self._objects[name if known else _OTHERS] += 1
        self._bytes[name if known else _OTHERS] += size

    def largest(self, count: int) -> tuple[Group, ...]:
        """The rest is summed up in one more."""
        names = sorted(self._objects, key=lambda name: (name == _OTHERS, -self._bytes[name], name))
        shown, rest = names[:count], names[count:]
        groups = [self._group(name) for name in shown]
        if rest:
            whole = {
                name: sum(of[one] for one in rest) for name, of in (("o", self._objects), ("b", self._bytes))
            }
            groups.append(Group(name=_OTHERS, objects=whole["o"], bytes=whole["b"]))
        return tuple(groups)

    def in_order(self, names: Iterable[str]) -> tuple[Group, ...]:
        return tuple(self._group(name) for name in names if name in self._objects)

    def _group(self, name: str) -> Group:
        return Group(name=name, objects=self._objects[name], bytes=self._bytes[name])


def _tuples(objects: pa.Table) -> Iterable[Row]:
    columns: list[Any] = [
        objects[name].to_pylist() for name in ("key", "size", "modified", "storage_class", "etag")
    ]
    return zip(*columns, strict=True)
