"""Files of one's own price sheets: read, checked beside the others, written so that a crash leaves the old one or the new one."""

import hashlib
import os
import re
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from storekeeper.costs.sheets.book import Book, Entry, book_of, overlaps, own_entries
from storekeeper.costs.sheets.reading import PriceSheetError, Problem, read_sheet

MOST_BYTES = 65_536
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,58}\.toml", re.ASCII)


class SheetFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A price sheet as it is written. `digest` is that of its bytes, and changes with them."""

    file: str
    own: bool  # of the user, not of the package
    text: str
    digest: str


def is_name(file: str) -> bool:
    """Whether a file may be written under that name: letters, digits, dot, hyphen, underscore, and `.toml`."""
    return _NAME.fullmatch(file) is not None


def find(directory: Path, file: str) -> SheetFile | None:
    """One's own, also one of a name that only people give; None where there is none."""
    return _read(directory, file, own=True) if _may_be_read(file) else None


def find_shipped(file: str) -> SheetFile | None:
    """That of the package; None where there is none."""
    return _read(resources.files(__package__), file, own=False) if is_name(file) else None


def wrong(directory: Path, file: str, text: str) -> list[Problem]:
    """What is wrong with a text as that file, by itself and beside the other files."""
    try:
        with_file(directory, file, text)
    except PriceSheetError as error:
        return error.problems
    return []


def with_file(directory: Path, file: str, text: str) -> Book:
    """All sheets as if that file were so. Raises PriceSheetError with what is wrong in it, and what would contradict others."""
    size = len(text.encode())
    if size > MOST_BYTES:
        too_large = f"the file has {size:,} bytes; {MOST_BYTES:,} are allowed"
        raise PriceSheetError([Problem(file=file, line=1, message=too_large)])
    entry = Entry(sheet=read_sheet(text, file), file=file, text=text, own=True)
    others = [one for one in own_entries(directory)[0] if one.file != file]
    before = list(overlaps(others))
    if contradictions := [one for one in overlaps([*others, entry]) if one not in before]:
        raise PriceSheetError(contradictions)
    return book_of([*others, entry])


def without_file(directory: Path, file: str) -> Book:
    """All sheets as if there were no such file."""
    return book_of(one for one in own_entries(directory)[0] if one.file != file)


def lay(directory: Path, file: str, text: str) -> Path:
    """Write a text to the disk, under a name that nobody reads; one writer at a time. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    laid = directory / f".{file}.new"
    with laid.open("wb") as stream:
        stream.write(text.encode())
        stream.flush()
        os.fsync(stream.fileno())
    return laid


def publish(laid: Path, file: str) -> None:
    """Let what was laid take the place of the file, in one step. Raises OSError."""
    laid.replace(laid.parent / file)
    _sync(laid.parent)


def remove(directory: Path, file: str) -> None:
    """Raises OSError."""
    (directory / file).unlink(missing_ok=True)
    _sync(directory)


def digest_of(text: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _may_be_read(file: str) -> bool:
    """A name in the folder itself, not a path, that the loader of sheets would take."""
    is_plain = not any(character in "/\\" or character < " " for character in file)
    return is_plain and file.endswith(".toml") and not file.startswith(".") and len(file.encode()) <= 255


def _read(directory: Traversable, file: str, *, own: bool) -> SheetFile | None:
    try:
        raw = directory.joinpath(file).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    digest = hashlib.sha256(raw).hexdigest()
    return SheetFile(file=file, own=own, text=raw.decode(errors="replace"), digest=digest)


def _sync(directory: Path) -> None:
    """A rename is on the disk when its directory is."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
