"""A folder's files in the order in which S3 lists keys: by the UTF-8 bytes of the whole key.

Sorting each directory with `/` behind the names of subdirectories gives exactly that order, so no more than
the directories on the way to the present file are held in memory.
"""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from .errors import MissingPermissionError, NoSuchBucketError, ServerFaultError

_TEMPORARY = ".storekeeper-part-"
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_ESCAPED = re.compile("\ufffd([89A-F][0-9A-F])")


class Found(NamedTuple):
    """A file, or with size -1 a directory that stands for all keys below it."""

    key: str
    size: int
    modified: int  # milliseconds since 1970


def temporary_name(suffix: str) -> str:
    """A name for a file that is being written; listings leave such names out."""
    return _TEMPORARY + suffix


def shown(name: str) -> str:
    """A file name as a key. Bytes that are not UTF-8 show as U+FFFD and two hex digits, so that no file is lost."""
    if name.isascii():
        return name
    return _NOT_UTF8.sub(lambda match: f"\ufffd{ord(match[0]) - 0xDC00:02X}", name)


def raw(key: str) -> str:
    """The file name that `shown` made this key from, if it was not UTF-8."""
    return _ESCAPED.sub(lambda match: chr(0xDC00 + int(match[1], 16)), key)


def walk(root: str, *, prefix: str, after: str) -> Iterator[Found]:
    """Every file whose key starts with `prefix` and comes after `after`; links are not followed."""
    base = prefix[: prefix.rfind("/") + 1]
    stack = [_entries(root, _safe_base(root, base), prefix, after)]
    while stack:
        key = next(stack[-1], None)
        if key is None:
            stack.pop()
        elif key.endswith("/"):
            stack.append(_entries(root, key, prefix, after))
        elif found := _stat(root, key):
            yield found


def walk_level(root: str, *, prefix: str, after: str) -> Iterator[Found]:
    """The files of one directory, and its subdirectories that are not empty as `Found(size=-1)`."""
    base = prefix[: prefix.rfind("/") + 1]
    for key in _entries(root, _safe_base(root, base), prefix, after):
        if not key.endswith("/"):
            if found := _stat(root, key):
                yield found
        elif key > after and next(walk(root, prefix=key, after=""), None):
            yield Found(key, -1, 0)


def place_of(root: str, key: str) -> str:
    """The path behind a key, whether or not it is there."""
    path = f"{root}/{key}"
    return f"{root}/{raw(key)}" if "\ufffd" in key and not os.path.lexists(path) else path


def _safe_base(root: str, base: str) -> str | None:
    """The base, or None where it leads nowhere or, by a link, elsewhere."""
    if any(part in {"", ".", ".."} or "\0" in part for part in base.split("/")[:-1]):
        return None
    path = place_of(root, base).rstrip("/")
    return base if os.path.realpath(path) == path else None


def _entries(root: str, base: str | None, prefix: str, after: str) -> Iterator[str]:
    """What of a directory may matter, as keys in order; those of directories end in `/`.

    Only keys are kept, for a directory may hold millions.
    """
    if base is None:
        return iter(())
    chosen = []
    try:
        with os.scandir(place_of(root, base)) as entries:
            for entry in entries:
                key = _key(base, entry)
                if key and _matters(key, prefix, after):
                    chosen.append(key)
    except OSError as error:
        _explain(error, root, base)
    chosen.sort()
    return iter(chosen)


def _key(base: str, entry: "os.DirEntry[str]") -> str:
    """An entry's key; empty for what is neither file nor directory, and for files being written."""
    if entry.is_file(follow_symlinks=False):
        return "" if entry.name.startswith(_TEMPORARY) else base + shown(entry.name)
    return base + shown(entry.name) + "/" if entry.is_dir(follow_symlinks=False) else ""


def _matters(key: str, prefix: str, after: str) -> bool:
    if key.endswith("/"):
        return (key.startswith(prefix) or prefix.startswith(key)) and (key > after or after.startswith(key))
    return key.startswith(prefix) and key > after


def _explain(error: OSError, root: str, base: str) -> None:
    """Raise what the error means for a listing; a directory that was removed meanwhile means nothing."""
    place = f"{root}/{base}"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        if base:
            return
        raise NoSuchBucketError(f"there is no folder {root}", hint="Check the path.") from error
    if isinstance(error, PermissionError):
        needed = f"read and search permission on {place}"
        raise MissingPermissionError(
            f"{place} may not be read", hint=f"Grant {needed}.", permission=needed
        ) from error
    raise ServerFaultError(f"{place}: {error.strerror}") from error


def _stat(root: str, key: str) -> Found | None:
    """The file, unless it was removed meanwhile."""
    try:
        status = os.lstat(place_of(root, key))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Found(key, status.st_size, status.st_mtime_ns // 1_000_000)
