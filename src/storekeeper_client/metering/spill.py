"""Batches on disk: for the time the server is away longer than memory lasts, or the program ends before it is back.

A batch is one file, `<order>-<count>-<id>.batch`: a line with the checksum, then the body as it will be sent. What an
earlier process left is sent first come first served; should two processes send the same file, the server counts it
once, because the batch's key is part of its name. A file that can not be used is set aside as `….corrupt`.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from .batch import Batch

_NAME = re.compile(r"(?P<order>\d{8,})-(?P<count>\d+)-(?P<id>[0-9a-f-]{36})\.batch")
_GZIP = b"\x1f\x8b"


class CorruptError(Exception):
    """The file is not what was written."""


class Spilled(msgspec.Struct, frozen=True):
    """A batch in a file."""

    path: Path
    order: int
    count: int
    id: str
    size: int


class Spill:
    """The batches in one folder, oldest first, within a bound of bytes."""

    def __init__(self, folder: Path, *, limit: int, adopt: bool) -> None:
        self._folder, self._limit = folder, limit
        self._mine: list[Spilled] = []
        self._next = 0
        self._room = 0  # bytes that may surely be added before the folder must be looked at again
        if adopt:
            with suppress(OSError):
                self._mine = sorted(_batches(folder), key=lambda file: file.order)
        if self._mine:
            self._next = self._mine[-1].order + 1

    def __len__(self) -> int:
        """Operations, not batches."""
        return sum(file.count for file in self._mine)

    def add(self, batch: Batch) -> int:
        """Write it; how many operations had to be thrown away to make room for it. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = b"%08x\n" % zlib.crc32(batch.body) + batch.body
        lost = self._make_room(len(content))
        if len(content) > self._limit:
            return lost + batch.count
        path = self._folder / f"{self._next:08d}-{batch.count}-{batch.id}.batch"
        unfinished = path.with_suffix(".unfinished")
        try:
            unfinished.write_bytes(content)
            unfinished.rename(path)
        except OSError:
            with suppress(OSError):
                unfinished.unlink()
            raise
        self._mine.append(Spilled(path, self._next, batch.count, batch.id, len(content)))
        self._next += 1
        self._room -= len(content)
        return lost

    def take(self) -> Spilled | None:
        """The oldest file; it stays on disk until it is forgotten."""
        return self._mine.pop(0) if self._mine else None

    def give_back(self, file: Spilled) -> None:
        """It could not be sent now."""
        self._mine.insert(0, file)

    def load(self, file: Spilled) -> Batch:
        """The batch as it was. Raises CorruptError and OSError."""
        checksum, _, body = file.path.read_bytes().partition(b"\n")
        if checksum != b"%08x" % zlib.crc32(body):
            raise CorruptError(f"{file.path.name} does not have its checksum")
        return Batch(file.id, body, file.count, body.startswith(_GZIP))

    def forget(self, file: Spilled) -> None:
        """It has been sent; another process may have done so before."""
        with suppress(OSError):
            file.path.unlink()

    def set_aside(self, file: Spilled) -> None:
        """Keep it for a person to look at; it is not sent."""
        with suppress(OSError):
            file.path.rename(file.path.with_suffix(".corrupt"))

    def _make_room(self, size: int) -> int:
        """Delete what was set aside, then the oldest batches; how many operations that lost."""
        if size <= self._room:
            return 0
        self._room = self._limit - sum(_size(path) for path in self._folder.iterdir())
        if size > self._room:
            for path in self._folder.glob("*.corrupt"):
                self._room += _size(path)
                path.unlink(missing_ok=True)
        lost = 0
        while size > self._room and self._mine:
            file = self._mine.pop(0)
            lost += file.count
            self._room += file.size
            self.forget(file)
        return lost


def _batches(folder: Path) -> Iterator[Spilled]:
    for path in folder.iterdir():
        if match := _NAME.fullmatch(path.name):
            yield Spilled(path, int(match["order"]), int(match["count"]), match["id"], _size(path))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
