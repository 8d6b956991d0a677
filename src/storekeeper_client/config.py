"""Which server the user speaks to, and as whom: from the environment, else from what signing in left behind.

`STOREKEEPER_URL` and `STOREKEEPER_TOKEN` win. Signing in is kept in `storekeeper/credentials.json` (mode 0600) below
`$XDG_CONFIG_HOME`, by default `~/.config`. What is kept for one server is never sent to another.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from storekeeper_client.decoding import decode

from .errors import ClientError
from .model import Tokens

DEFAULT_URL = "http://127.0.0.1:8080"


class Config(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where to and as whom: an API key or an access token, or a pair that renews itself."""

    url: str = DEFAULT_URL
    email: str = ""
    token: str = ""
    tokens: Tokens | None = None

    def __repr__(self) -> str:
        return f"Config(url={self.url!r}, email={self.email!r})"


class BrokenConfigError(ClientError):
    """The credentials file is there and can not be used."""


def read(environ: Mapping[str, str] | None = None, *, url: str = "") -> Config:
    """The configuration in force; a `url` that is given wins over all others. Raises BrokenConfigError."""
    environ = _environment() if environ is None else environ
    kept = _kept(path(environ))
    url, token = url or environ.get("STOREKEEPER_URL", ""), environ.get("STOREKEEPER_TOKEN", "")
    if url and url.rstrip("/") != kept.url.rstrip("/"):
        kept = Config(url=url)
    return msgspec.structs.replace(kept, token=token, tokens=None) if token else kept


def save(config: Config, environ: Mapping[str, str] | None = None) -> Path:
    """Keep it for later, at once or not at all, readable by this user only."""
    place = path(_environment() if environ is None else environ)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp makes files of mode 0600; the replacement is atomic, so a reader never sees half a file.
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=".credentials-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(config), indent=2) + b"\n")
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return place


def forget(environ: Mapping[str, str] | None = None) -> None:
    """Remove what signing in left behind."""
    path(_environment() if environ is None else environ).unlink(missing_ok=True)


def path(environ: Mapping[str, str]) -> Path:
    """Where it is kept."""
    base = environ.get("XDG_CONFIG_HOME", "")
    folder = Path(base) if base.startswith("/") else Path("~/.config").expanduser()
    return folder / "storekeeper" / "credentials.json"


def _kept(place: Path) -> Config:
    try:
        return decode(place.read_bytes(), Config)
    except FileNotFoundError:
        return Config()
    except (OSError, msgspec.MsgspecError) as error:
        raise BrokenConfigError(f"{place} can not be used: {error}") from None


def _environment() -> Mapping[str, str]:
    return os.environ  # noqa: TID251 - the client's only reader of environment
