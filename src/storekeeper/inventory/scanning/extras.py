"""What is stored and billed beside current objects: unfinished uploads, older versions, delete markers.

Counting them may be forbidden or unknown to the provider. That is said, and never shown as zero; the scan goes on.
"""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from storekeeper.inventory.model import Extras, Uploads, Versions
from storekeeper.objectstore import ObjectStore, ObjectStoreError
from storekeeper.objectstore.errors import ListingLoopError, MissingPermissionError, UnsupportedError

MAX_PAGES = 10_000_000


class _HasToken(Protocol):
    @property
    def token(self) -> str: ...


P = TypeVar("P", bound=_HasToken)


class _StoppedError(Exception):
    """The scan was stopped; what was counted so far is of no use."""


def count_extras(store: ObjectStore, turn: Callable[[], bool]) -> Extras | None:
    """`turn` waits for the right to send a request and says whether to go on; None when it said no."""
    try:
        return Extras(uploads=_uploads(store, turn), versions=_versions(store, turn))
    except _StoppedError:
        return None


def _uploads(store: ObjectStore, turn: Callable[[], bool]) -> Uploads:
    count = size = 0
    try:
        for page in _pages(lambda token: store.list_uploads(token=token), turn):
            count += len(page.uploads)
            size += sum(upload.bytes for upload in page.uploads)
    except ObjectStoreError as error:
        return Uploads(unknown=_why(error))
    return Uploads(count=count, bytes=size)


def _versions(store: ObjectStore, turn: Callable[[], bool]) -> Versions:
    noncurrent = size = markers = 0
    try:
        if store.is_versioned():
            for page in _pages(lambda token: store.list_versions(token=token), turn):
                noncurrent += page.totals.noncurrent
                size += page.totals.noncurrent_bytes
                markers += page.totals.delete_markers
    except ObjectStoreError as error:
        return Versions(unknown=_why(error))
    return Versions(noncurrent=noncurrent, noncurrent_bytes=size, delete_markers=markers)


def _pages(ask: Callable[[str], P], turn: Callable[[], bool]) -> Iterator[P]:
    token = ""
    for _ in range(MAX_PAGES):
        if not turn():
            raise _StoppedError
        page = ask(token)
        yield page
        if not page.token:
            return
        token = page.token
    raise ListingLoopError(f"the listing did not end after {MAX_PAGES} pages")


def _why(error: ObjectStoreError) -> str:
    if isinstance(error, MissingPermissionError):
        return f"needs {error.extra['permission']}" if "permission" in error.extra else str(error)
    return "not offered by the provider" if isinstance(error, UnsupportedError) else str(error)
