"""Asking a demo that runs for faults."""

import http.client
import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from storekeeper.cli.local.demo import leftovers
from storekeeper.cli.local.demo.outage.model import TOLD_IN, Outage, State, Wish
from storekeeper.objectstore.faulty import Switch

_PATIENCE = 5.0  # seconds


class Control:
    """The control at a URL. Its methods raise OSError when nothing of the kind answers there."""

    def __init__(self, url: str) -> None:
        self.url = url

    def state(self) -> State:
        return self._ask("GET", "")

    def turn_on(self, switch: Switch, wish: Wish) -> State:
        return self._ask("PUT", f"/{switch}", msgspec.json.encode(wish))

    def turn_off(self) -> State:
        return self._ask("DELETE", "")

    def _ask(self, method: str, path: str, body: bytes = b"") -> State:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)
        try:
            connection.request(method, parts.path + path, body)
            answer = connection.getresponse()
            told = answer.read()
            if answer.status != 200:
                raise ConnectionError(told.decode(errors="replace").strip() or f"it answered {answer.status}")
            return msgspec.json.decode(told, type=State)
        except (http.client.HTTPException, msgspec.DecodeError) as error:
            raise ConnectionError(f"it does not speak as the demo does: {error}") from error
        finally:
            connection.close()


def find(place: Path | None = None) -> Control | None:
    """That of the demo that was started last, of those of this user that run."""
    place = place or Path(tempfile.gettempdir())
    found = [file for file in place.glob(f"{leftovers.PREFIX}*/{TOLD_IN}") if _is_ours(file)]
    for file in sorted(found, key=lambda file: file.stat().st_mtime, reverse=True):
        try:
            control = Control(msgspec.json.decode(file.read_bytes(), type=Outage).control)
            control.state()
        except (OSError, msgspec.DecodeError):
            continue  # of a demo that was killed
        return control
    return None


def _is_ours(file: Path) -> bool:
    """Not laid by somebody else to be found: the folder is one that all may write to."""
    return all(not path.is_symlink() and path.stat().st_uid == os.geteuid() for path in (file.parent, file))
