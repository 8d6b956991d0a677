"""The stores that must behave alike."""

from collections.abc import Iterator

import pytest

from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore.folder import FolderStore
from storekeeper.objectstore.memory import MemoryStore
from storekeeper.objectstore.port import ObjectStore

_ANY_KEY = (pytest.param("moto", marks=pytest.mark.slow), "memory")
_ALL = (pytest.param("rclone", marks=pytest.mark.slow), "folder", *_ANY_KEY)


def _open(kind: str, request: pytest.FixtureRequest) -> ObjectStore:
    if kind == "memory":
        return MemoryStore(SystemClock())
    if kind == "folder":
        return FolderStore(str(request.getfixturevalue("tmp_path")))
    server = request.getfixturevalue("rclone_server" if kind == "rclone" else "moto_s3")
    return server.open(server.bucket())


@pytest.fixture(params=_ALL)
def store(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    """An empty bucket of each kind."""
    opened = _open(request.param, request)
    yield opened
    opened.close()


@pytest.fixture(params=_ANY_KEY)
def any_key_store(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    """An empty bucket of each kind that is no file system underneath."""
    opened = _open(request.param, request)
    yield opened
    opened.close()


@pytest.fixture
def moto_store(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    opened = _open("moto", request)
    yield opened
    opened.close()
