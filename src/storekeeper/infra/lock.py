"""One server per data directory: a lock that the kernel gives back when the process dies, however it dies."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from storekeeper.kernel.errors import StorekeeperError


class DataDirectoryBusyError(StorekeeperError):
    """Another Storekeeper process holds the data directory; two would damage it."""

    slug, title, status = "data-directory-busy", "Data directory is in use", 503


class DataDirectoryLock:
    """Held from entering to leaving. Raises DataDirectoryBusyError when another process holds it."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "lock"
        self._descriptor = -1

    def __enter__(self) -> Self:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 32).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise DataDirectoryBusyError(
                f"Process {holder or '?'} is using {self._path.parent}.",
                hint="Stop it first, or choose another data directory.",
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, str(os.getpid()).encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)  # gives back the lock; the file stays, or two could hold "the" lock
