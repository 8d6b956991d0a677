"""What the demo needs beside the server: libraries of its applications, and an S3 server."""

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from storekeeper.cli.failing import Status, fail

_LIBRARIES = ("boto3", "obstore")


def check_parts() -> None:
    """Ends the command when something is missing, before anything is begun."""
    missing = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
    missing += [] if _found() else ["rclone"]
    if missing:
        _refuse(missing)


def rclone() -> str:
    """The program: of this environment, or else of the machine."""
    return _found() or _refuse(["rclone"])


def _found() -> str | None:
    beside = Path(sys.executable).parent / "rclone"
    return str(beside) if beside.exists() else shutil.which("rclone")


def _refuse(missing: list[str]) -> NoReturn:
    fail(
        f"The demo needs {' and '.join(missing)}, which {'are' if len(missing) > 1 else 'is'} not installed.",
        hint="Install what it needs: pip install 'storekeeper[demo]'",
        status=Status.WRONG_USE,
    )
