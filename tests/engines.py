"""Engines and databases of tests: migrations run once in a process, and everyone begins with a copy of what they made."""

import functools
import shutil
from pathlib import Path

from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Database

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


def open_database(folder: Path) -> Database:
    """The control database of a data directory in SQLite, migrated; a new one where there is none."""
    place = folder / "control.db"
    if templates and not place.exists():
        shutil.copyfile(_migrated_database(), place)
    database = Database(f"sqlite:///{place}")
    if not templates:  # a process that a test starts
        database.migrate()
    return database


@functools.cache
def _migrated_database() -> Path:
    (folder,) = templates
    database = Database(f"sqlite:///{folder}/control.db")
    database.migrate()
    database.close()
    return folder / "control.db"


@functools.cache
def _migrated() -> Path:
    """A directory of an engine that is closed. No other engine may be open when it is made."""
    (folder,) = templates
    engine = Analytics(f"chdb:///{folder}/analytics")
    engine.migrate()
    engine.close()
    return folder / "analytics"
