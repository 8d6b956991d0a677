"""A plain folder as a bucket: files are objects, their relative paths are keys."""

import errno
import os
import secrets
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa

from storekeeper.kernel.errors import BadInputError

from .errors import (
    ChangedMeanwhileError,
    MissingPermissionError,
    NoSuchBucketError,
    NoSuchKeyError,
    ServerFaultError,
    UnsupportedError,
)
from .folder_walk import Found, place_of, raw, temporary_name, walk, walk_level
from .port import LISTING, WITH_ETAGS, Described, Page, UploadPage, VersionPage, VersionTotals

_KEPT_WALKS = 16  # each holds the names of the directories that it is in
_LISTING_LIMIT = 100  # a shorter page is a question, not a listing that will go on
_NAME_BYTES = 255

Cursor = tuple[str, str, str]


class FolderStore:
    """ObjectStore over a directory. Safe to share between threads.

    Between two pages of a listing the walk is kept where it is; a token that nobody keeps any more is
    found again by its key.
    """

    def __init__(self, path: str) -> None:
        self._root = os.path.realpath(path)
        self._walks: OrderedDict[Cursor, Iterator[Found]] = OrderedDict()
        self._lock = Lock()

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
        if delimiter not in {"", "/"}:
            raise BadInputError("a folder knows only / as delimiter")
        found = self._resume(prefix, delimiter, token, start_after)
        batch = list(islice(found, limit))
        following = next(found, None)
        last = batch[-1].key if batch else ""
        if following and limit >= _LISTING_LIMIT:
            self._keep((prefix, delimiter, last), chain([following], found))
        objects = _table([item for item in batch if item.size >= 0])
        if etags:
            nothing = pa.array([""] * objects.num_rows, pa.string())
            objects = objects.append_column(WITH_ETAGS.field("etag"), nothing)
        return Page(
            objects=objects,
            prefixes=[item.key for item in batch if item.size < 0],
            truncated=following is not None,
            token=last if following else "",
        )

    def list_uploads(self, *, token: str = "") -> UploadPage:  # noqa: ARG002 - the port asks for it
        return UploadPage(uploads=())

    def list_versions(self, *, token: str = "") -> VersionPage:  # noqa: ARG002 - the port asks for it
        return VersionPage(totals=VersionTotals(noncurrent=0, noncurrent_bytes=0, delete_markers=0))

    def is_versioned(self) -> bool:
        return False

    def put(self, key: str, body: bytes) -> None:
        """Replaces the file at once or not at all. Raises BadInputError for a key that no file here can have."""
        path = self._path(key)
        with self._explained(key):
            if not Path(self._root).is_dir():
                raise NoSuchBucketError(f"there is no folder {self._root}", hint="Check the path.")
            try:
                _write(path, body)
            except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
                raise BadInputError(f"{key}: a file and a folder cannot have the same name") from error

    def get(self, key: str) -> bytes:
        with (
            self._explained(key),
            os.fdopen(os.open(self._path(key), os.O_RDONLY | os.O_NOFOLLOW), "rb") as file,
        ):
            return file.read()

    def head(self, key: str) -> int:
        return self.describe(key).size

    def describe(self, key: str) -> Described:
        path = self._path(key)
        with self._explained(key):
            if not path.is_file() or path.is_symlink():
                raise NoSuchKeyError(f"there is no file {key}")
            status = path.stat()
        millis = status.st_mtime_ns // 1_000_000
        modified = datetime.fromtimestamp(millis // 1000, UTC).replace(microsecond=millis % 1000 * 1000)
        return Described(size=status.st_size, modified=modified)

    def tags(self, key: str) -> Mapping[str, str]:
        raise UnsupportedError(f"{key}: files have no tags", hint="Choose without tags.")

    def delete(self, key: str) -> None:
        """Removes the file and the directories that it leaves empty, which a bucket would not have either."""
        path = self._path(key)
        try:
            with self._explained(key):
                path.unlink()
        except NoSuchKeyError:
            return
        with suppress(OSError):
            for parent in path.relative_to(self._root).parents:
                if parent.name:
                    (self._root / parent).rmdir()

    def remove(self, key: str, *, seen: Described) -> str:
        """Looks once more before: nothing else that a file system offers would keep a writer out."""
        with suppress(NoSuchKeyError):
            if self.describe(key) != seen:
                raise ChangedMeanwhileError(f"{key} was written meanwhile")
            self.delete(key)
        return ""

    def marker_of(self, key: str) -> str:  # noqa: ARG002 - the port asks for it
        return ""

    def remove_marker(self, key: str, marker: str) -> None:
        raise UnsupportedError(
            f"{key}: a folder keeps nothing that was deleted, so there is no marker {marker}"
        )

    def close(self) -> None:
        """Forget the walks under way."""
        with self._lock:
            self._walks.clear()

    def _resume(self, prefix: str, delimiter: str, token: str, start_after: str) -> Iterator[Found]:
        with self._lock:
            kept = self._walks.pop((prefix, delimiter, token), None) if token else None
        if kept:
            return kept
        step = walk_level if delimiter else walk
        return step(self._root, prefix=prefix, after=token or start_after)

    def _keep(self, cursor: Cursor, found: Iterator[Found]) -> None:
        with self._lock:
            self._walks[cursor] = found
            while len(self._walks) > _KEPT_WALKS:
                self._walks.popitem(last=False)

    def _path(self, key: str) -> Path:
        """Where a key's file is, or would be. Raises BadInputError for what could lead out of the folder."""
        parts = key.split("/")
        if any(part in {"", ".", ".."} or "\0" in part for part in parts):
            raise BadInputError(
                f"a folder cannot hold the key {key!r}", hint="Keys in a folder are relative paths."
            )
        if any(len(os.fsencode(raw(part))) > _NAME_BYTES for part in parts):
            raise BadInputError(f"a folder cannot hold names of more than {_NAME_BYTES} bytes")
        path = Path(place_of(self._root, key))
        if os.path.realpath(path.parent) != str(path.parent):
            raise BadInputError(
                f"a link on the way to {key!r} leads elsewhere", hint="Links are not followed."
            )
        return path

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        """Errors of the file system in the words of the port."""
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NoSuchKeyError(f"there is no file {key}") from error
        except PermissionError as error:
            permission = f"read and write permission below {self._root}"
            raise MissingPermissionError(
                f"{key} may not be accessed", hint=f"Grant {permission}.", permission=permission
            ) from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise NoSuchKeyError(f"there is no file {key}, but a link") from error
            raise ServerFaultError(f"{key}: {error.strerror}") from error


def _write(path: Path, body: bytes) -> None:
    part = path.with_name(temporary_name(secrets.token_hex(8)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            part.write_bytes(body)
        if not part.exists():  # a delete took the directory away as empty
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(body)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _table(found: list[Found]) -> pa.Table:
    columns: list[pa.Array[Any]] = [
        pa.array([item.key for item in found], pa.string()),
        pa.array([item.size for item in found], pa.int64()),
        pa.array([item.modified for item in found], pa.int64()).cast(LISTING.field("modified").type),
        pa.array(["STANDARD"] * len(found), pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=LISTING)
