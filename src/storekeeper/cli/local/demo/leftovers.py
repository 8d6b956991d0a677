"""Folders of demos that were killed. A file in each tells of which process it is, and so whether that is over."""

import os
import shutil
import tempfile
from pathlib import Path

import msgspec

PREFIX = "storekeeper-demo-"
_MARK = "demo.json"
_PROC = Path("/proc")
_OVER = ("Z", "X")  # states in /proc/PID/stat, see proc_pid_stat(5)


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A process: a number is given to another one in time, but not with the same start."""

    pid: int
    started: str  # clock ticks after the machine did; empty where the system does not tell
    namespace: str  # that the number is of; containers may share a folder


def mark(folder: Path) -> None:
    """The folder is this process's, and goes when it is gone."""
    ours = Mark(pid=os.getpid(), started=_started(os.getpid()) or "", namespace=_namespace())
    (folder / _MARK).write_bytes(msgspec.json.encode(ours))


def clear(place: Path | None = None) -> list[Path]:
    """Remove the folders whose process runs no longer, and tell which they were. What is not certain stays."""
    place = place or Path(tempfile.gettempdir())
    gone = [folder for folder in sorted(place.glob(PREFIX + "*")) if _is_left(folder)]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return gone


def _is_left(folder: Path) -> bool:
    try:
        if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
            return False
        whose = msgspec.json.decode((folder / _MARK).read_bytes(), type=Mark)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return False
    if whose.pid <= 0 or whose.namespace != _namespace():
        return False
    started = _started(whose.pid)
    return started is None or bool(whose.started and started != whose.started)


def _started(pid: int) -> str | None:
    """When the process began; empty when that is not told, None when it runs no longer."""
    if _PROC.joinpath("self", "stat").exists():
        try:
            stat = (_PROC / str(pid) / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        fields = stat.rpartition(")")[2].split()  # from the third on: a name may hold spaces
        return None if fields[0] in _OVER else fields[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return ""
    return ""


def _namespace() -> str:
    try:
        return str((_PROC / "self" / "ns" / "pid").readlink())
    except OSError:
        return ""
