"""Which of several servers this is: part of the names of probe objects, and kept with the data."""

import secrets
from pathlib import Path

_FILE = "node"


def node_of(data_dir: Path) -> str:
    """The name in the data directory, made on the first call."""
    path = data_dir / _FILE
    if not path.exists():
        part = path.with_suffix(".part")
        part.write_text(secrets.token_hex(6))
        part.replace(path)
    return path.read_text().strip()
