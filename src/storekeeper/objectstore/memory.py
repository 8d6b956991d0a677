"""A bucket in this process's memory, for trying things out: holds any key, versions and unfinished uploads."""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import datetime
from threading import RLock
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa

from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import BadInputError

from .errors import ChangedMeanwhileError, NoSuchKeyError
from .port import LISTING, WITH_ETAGS, Described, Page, Upload, UploadPage, VersionPage, VersionTotals


class _Object(NamedTuple):
    body: bytes
    modified: datetime
    storage_class: str
    tags: Mapping[str, str] = {}

    @property
    def etag(self) -> str:
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()


class _Marker(NamedTuple):
    """A delete marker, and what it hides."""

    version: str
    hidden: _Object | None


class MemoryStore:
    """ObjectStore in memory. Safe to share between threads; gone with the process."""

    _by_name: ClassVar[dict[str, "MemoryStore"]] = {}
    _names: ClassVar[RLock] = RLock()

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = RLock()
        self._objects: dict[str, _Object] = {}
        self._order: list[str] | None = []
        self._uploads: list[Upload] = []
        self._versioned = False
        self._old_sizes: list[int] = []
        self._delete_markers = 0
        self._markers: dict[str, list[_Marker]] = {}  # by key, those on top of its versions
        self._deletions = 0

    @classmethod
    def named(cls, name: str, clock: Clock) -> "MemoryStore":
        """The process's one bucket of that name, so that `memory://name` means the same wherever it is opened."""
        with cls._names:
            return cls._by_name.setdefault(name, cls(clock))

    def list_page(
        self,
        *,
        prefix: str = "",
        delimiter: str = "",
        start_after: str = "",
        token: str = "",
        limit: int = 1000,
        etags: bool = False,
    ) -> Page:
        """One page; `token` is the last key or prefix of the page before."""
        with self._lock:
            names = self._names_after(prefix, delimiter, token or start_after, limit + 1)
            page = names[:limit]
            more = len(names) > limit
            found = [(name, self._objects[name]) for name, is_key in page if is_key]
            return Page(
                objects=_with_etags(found) if etags else _table(found),
                prefixes=[name for name, is_key in page if not is_key],
                truncated=more,
                token=page[-1][0] if more and page else "",
            )

    def list_uploads(self, *, token: str = "") -> UploadPage:  # noqa: ARG002 - the port asks for it
        with self._lock:
            return UploadPage(uploads=tuple(self._uploads))

    def list_versions(self, *, token: str = "") -> VersionPage:  # noqa: ARG002 - the port asks for it
        with self._lock:
            totals = VersionTotals(
                noncurrent=len(self._old_sizes),
                noncurrent_bytes=sum(self._old_sizes),
                delete_markers=self._delete_markers,
            )
            return VersionPage(totals=totals)

    def is_versioned(self) -> bool:
        return self._versioned

    def put(self, key: str, body: bytes) -> None:
        self.place(key, body)

    def get(self, key: str) -> bytes:
        return self._find(key).body

    def head(self, key: str) -> int:
        return len(self._find(key).body)

    def delete(self, key: str) -> None:
        self._take_away(key)

    def describe(self, key: str) -> Described:
        found = self._find(key)
        return Described(size=len(found.body), modified=found.modified, etag=found.etag)

    def tags(self, key: str) -> Mapping[str, str]:
        return self._find(key).tags

    def remove(self, key: str, *, seen: Described) -> str:
        with self._lock:
            found = self._objects.get(key)
            if found is not None and found.etag != seen.etag:
                raise ChangedMeanwhileError(f"{key} was written meanwhile")
            return self._take_away(key)

    def marker_of(self, key: str) -> str:
        with self._lock:
            markers = self._markers.get(key)
            return markers[-1].version if markers else ""

    def remove_marker(self, key: str, marker: str) -> None:
        """Of several markers on one another, only the last to go brings the object back."""
        with self._lock:
            markers = self._markers.get(key, [])
            found = next((one for one in markers if one.version == marker), None)
            if found is None:
                return
            markers.remove(found)
            self._delete_markers -= 1
            if markers and found.hidden:
                markers[0] = markers[0]._replace(hidden=found.hidden)
            elif found.hidden:
                self._objects[key], self._order = found.hidden, None
                self._old_sizes.remove(len(found.hidden.body))

    def close(self) -> None:
        """Nothing to give back."""

    def place(
        self,
        key: str,
        body: bytes,
        *,
        modified: datetime | None = None,
        storage_class: str = "STANDARD",
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Put with a date, storage class and tags of one's choice."""
        if not key:
            raise BadInputError("an object needs a key")
        with self._lock:
            self._retire(key)
            if key not in self._objects:
                self._order = None
            self._objects[key] = _Object(body, modified or self._clock.now(), storage_class, tags or {})
            self._markers.pop(key, None)  # they are below a version now, and hide nothing

    def enable_versioning(self) -> None:
        """From now on, replaced and deleted objects stay as old versions."""
        self._versioned = True

    def begin_upload(self, key: str, upload_id: str, part_sizes: list[int]) -> None:
        """Leave a multipart upload unfinished."""
        upload = Upload(
            key=key,
            upload_id=upload_id,
            started=self._clock.now(),
            storage_class="STANDARD",
            parts=len(part_sizes),
            bytes=sum(part_sizes),
        )
        with self._lock:
            self._uploads.append(upload)

    def _take_away(self, key: str) -> str:
        """The version id of the delete marker, in a bucket that keeps versions."""
        with self._lock:
            self._retire(key)
            found = self._objects.pop(key, None)
            if found:
                self._order = None
            if not self._versioned:
                return ""
            self._deletions += 1
            self._delete_markers += 1
            marker = _Marker(f"marker-{self._deletions}", found)
            self._markers.setdefault(key, []).append(marker)
            return marker.version

    def _retire(self, key: str) -> None:
        if self._versioned and key in self._objects:
            self._old_sizes.append(len(self._objects[key].body))

    def _find(self, key: str) -> _Object:
        with self._lock:
            if key not in self._objects:
                raise NoSuchKeyError(f"there is no object {key}")
            return self._objects[key]

    def _sorted(self) -> list[str]:
        if self._order is None:
            self._order = sorted(self._objects)
        return self._order

    def _names_after(self, prefix: str, delimiter: str, after: str, count: int) -> list[tuple[str, bool]]:
        """(name, is a key) of that many keys and common prefixes, in order."""
        keys = self._sorted()
        index = max(bisect_right(keys, after), bisect_left(keys, prefix))
        names: list[tuple[str, bool]] = []
        while index < len(keys) and len(names) < count and keys[index].startswith(prefix):
            key = keys[index]
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            if end < 0:
                names.append((key, True))
                index += 1
                continue
            common = key[: end + len(delimiter)]
            if common > after:
                names.append((common, False))
            index = _past(keys, common, index)
        return names


def _past(keys: list[str], common: str, start: int) -> int:
    """The index of the first key that does not start with `common`, from one that does."""
    return bisect_left(keys, True, start, key=lambda key: not key.startswith(common))


def _with_etags(found: list[tuple[str, _Object]]) -> pa.Table:
    etags = pa.array([item.etag for _, item in found], pa.string())
    return _table(found).append_column(WITH_ETAGS.field("etag"), etags)


def _table(found: list[tuple[str, _Object]]) -> pa.Table:
    columns: list[pa.Array[Any]] = [
        pa.array([key for key, _ in found], pa.string()),
        pa.array([len(item.body) for _, item in found], pa.int64()),
        pa.array([item.modified for _, item in found], LISTING.field("modified").type),
        pa.array([item.storage_class for _, item in found], pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=LISTING)
