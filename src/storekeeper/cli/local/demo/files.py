"""Real files for the demo's buckets: those of this very Python environment."""

import os
import shutil
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import msgspec

PACKAGES = "site-packages"
UPLOADS = "uploads"
OWNER_PATTERN = "users/{owner}/"
TEMPORARY = "tmp/"

_MOST_FILES = 40_000
_LEFT_BEHIND = 60
_LONG_AGO = 1_735_689_600  # the beginning of 2025
_UPLOADED_SHARE = 6  # one file in so many also lies in the uploads bucket
# People upload unequally: whoever stands here more often has more files. The empty one is nobody's.
_OWNERS = ("ann", "ann", "ann", "ann", "bob", "bob", "bob", "carla", "carla", "dmitri", "eve", "farid", "")


class Contents(msgspec.Struct, frozen=True):
    """What lies in a folder, or what a scan found in a bucket."""

    objects: int
    bytes: int


def own_packages() -> Path:
    """Where this Python environment keeps its packages."""
    return Path(sysconfig.get_paths()["purelib"])


def lay_out(source: Path, buckets: Path) -> None:
    """Fill the two buckets' folders. Links where it can: it takes a second and no space."""
    made = set[Path]()
    for number, path in enumerate(_regular_files(source)):
        if number == _MOST_FILES:
            break
        inner = path.relative_to(source)
        _link(path, buckets / PACKAGES / inner, made)
        if crc32(bytes(inner)) % _UPLOADED_SHARE == 0:
            _link(path, buckets / UPLOADS / _uploaded_as(inner), made)


def leave_behind(buckets: Path) -> None:
    """Parts of uploads that nobody finished, a year old: something to clean up."""
    folder = buckets / UPLOADS / TEMPORARY
    folder.mkdir(parents=True)
    for number in range(_LEFT_BEHIND):
        path = folder / f"upload-{number:03}.part"
        path.write_bytes(bytes(1000 * (number + 1)))
        os.utime(path, (_LONG_AGO, _LONG_AGO))


def on_disk(folder: Path) -> Contents:
    """The truth that a scan is held against."""
    objects = size = 0
    for path in _regular_files(folder):
        objects += 1
        size += path.stat().st_size
    return Contents(objects, size)


def _regular_files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _uploaded_as(inner: Path) -> Path:
    owner = _OWNERS[crc32(inner.parts[0].encode()) % len(_OWNERS)]
    return Path("users", owner, inner) if owner else Path("shared", inner)


def _link(source: Path, target: Path, made: set[Path]) -> None:
    if target.parent not in made:
        target.parent.mkdir(parents=True, exist_ok=True)
        made.add(target.parent)
    try:
        target.hardlink_to(source)
    except OSError:  # another file system, or links are forbidden there
        shutil.copy2(source, target)
