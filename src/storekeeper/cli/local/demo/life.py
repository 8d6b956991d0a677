"""What goes on in the demo's buckets: people add and remove files, through S3 as applications do."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random

from storekeeper.cli.local.demo.files import PACKAGES, UPLOADS
from storekeeper.cli.local.demo.processes import Storage
from storekeeper.cli.screen import many, note
from storekeeper.kernel.clock import Clock
from storekeeper.objectstore import ObjectStore, ObjectStoreError, open_store, parse_location
from storekeeper_client import ApiError, Client

PAUSE = 60.0  # seconds between rounds
_PEOPLE = ("ann", "ann", "ann", "bob", "bob", "carla", "dmitri", "eve", "farid", "greta")
_ADDED, _REMOVED = 40, 15  # files a round
_LARGEST = 4_000_000  # bytes


class Life:
    """One bucket and what happens in it. Removes only what it added: the rest is the truth to compare with.

    `failures` counts the rounds that ended early because the storage was in trouble.
    """

    def __init__(self, store: ObjectStore, sources: Sequence[Path], random: Random) -> None:
        self._store = store
        self._sources = sources
        self._random = random
        self._added: list[str] = []
        self.failures = 0

    def round(self, now: datetime) -> tuple[int, int]:
        """How many of its files are there then, and how many were removed."""
        removed = 0
        try:
            removed = self._remove(min(_REMOVED, len(self._added) // 2))
            for _ in range(self._random.randint(_ADDED // 2, _ADDED)):
                self._add(now)
        except ObjectStoreError as error:
            self.failures += 1
            note(
                f"People could not add all of their files (the storage failed {many(self.failures, 'time')}): {error.detail}"
            )
        return len(self._added), removed

    def _add(self, now: datetime) -> None:
        source = self._random.choice(self._sources)
        person = self._random.choice(_PEOPLE)
        key = f"users/{person}/inbox/{now:%Y-%m-%d}/{self._random.randrange(10**8):08d}-{source.name}"
        self._added.append(key)  # also when that fails: it may be there all the same
        self._store.put(key, source.read_bytes())

    def _remove(self, count: int) -> int:
        self._random.shuffle(self._added)
        for _ in range(count):
            self._store.delete(self._added[-1])
            self._added.pop()
        return count


@contextmanager
def life(given: Storage, buckets: Path, clock: Clock, random: Random) -> Iterator[Life]:
    """Life in the uploads bucket, fed from the files of the other."""
    sources = [path for path in sorted((buckets / PACKAGES).glob("*/*")) if path.is_file()]
    sources = [path for path in sources if path.stat().st_size < _LARGEST]
    location = parse_location(f"s3://{UPLOADS}", endpoint=given.endpoint)
    store = open_store(location, given.credentials, clock=clock)
    try:
        yield Life(store, sources, random)
    finally:
        store.close()


def rescan(client: Client, names: Sequence[str]) -> None:
    """Scan these buckets, one after the other, to their end. What the visitor has changed is not disturbed."""
    for name in names:
        try:
            for _ in client.follow_scan(client.start_scan(name)):
                pass
        except ApiError as error:
            note(f"{name} was not scanned: {error}")
