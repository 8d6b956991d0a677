"""Analytics engines of tests: the migrations run once in a process, and every engine begins with a copy of what they made."""

import functools
import shutil
from pathlib import Path

from storekeeper.infra.analytics import Analytics

templates: list[Path] = []  # the folder for what is copied, of this run of pytest


def open_engine(folder: Path) -> Analytics:
    """The embedded engine of a data directory, migrated; a new one where there is none."""
    engine = Analytics(f"chdb:///{lay_engine(folder)}")
    engine.migrate()
    return engine


def lay_engine(folder: Path) -> Path:
    """Where it is, also for another process: one that is to be killed would leave what it copied from behind."""
    place = folder / "analytics"
    if not place.exists():
        shutil.copytree(_migrated(), place, symlinks=True)
    return place


@functools.cache
def _migrated() -> Path:
    """A directory of an engine that is closed. No other engine may be open when it is made."""
    (folder,) = templates
    engine = Analytics(f"chdb:///{folder}/analytics")
    engine.migrate()
    engine.close()
    return folder / "analytics"
