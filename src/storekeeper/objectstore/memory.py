"""A bucket in this process's memory, for trying things out: holds any key, versions and unfinished uploads."""

from bisect import bisect_left, bisect_right
from datetime import datetime
from threading import RLock
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa

from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import BadInputError

from .errors import NoSuchKeyError
from .port import LISTING, Page, Upload, UploadPage, VersionPage, VersionTotals


class _Object(NamedTuple):
    body: bytes
    modified: datetime
    storage_class: str


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
    ) -> Page:
        """One page; `token` is the last key or prefix of the page before."""
        with self._lock:
            names = self._names_after(prefix, delimiter, token or start_after, limit + 1)
            page = names[:limit]
            more = len(names) > limit
            return Page(
                objects=_table([(name, self._objects[name]) for name, is_key in page if is_key]),
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
        with self._lock:
            self._retire(key)
            self._delete_markers += self._versioned
            if self._objects.pop(key, None):
                self._order = None

    def close(self) -> None:
        """Nothing to give back."""

    def place(
        self, key: str, body: bytes, *, modified: datetime | None = None, storage_class: str = "STANDARD"
    ) -> None:
        """Put with a date and storage class of one's choice."""
        if not key:
            raise BadInputError("an object needs a key")
        with self._lock:
            self._retire(key)
            if key not in self._objects:
                self._order = None
            self._objects[key] = _Object(body, modified or self._clock.now(), storage_class)

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


def _table(found: list[tuple[str, _Object]]) -> pa.Table:
    columns: list[pa.Array[Any]] = [
        pa.array([key for key, _ in found], pa.string()),
        pa.array([len(item.body) for _, item in found], pa.int64()),
        pa.array([item.modified for _, item in found], LISTING.field("modified").type),
        pa.array([item.storage_class for _, item in found], pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=LISTING)
