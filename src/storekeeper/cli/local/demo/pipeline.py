"""An application on obstore: it reads packages and makes thumbnails of what people uploaded."""

import importlib
from collections.abc import Sequence
from random import Random
from typing import Any

from storekeeper.cli.local.demo.files import PACKAGES, UPLOADS
from storekeeper.cli.local.demo.gallery import PEOPLE, Deed, Place
from storekeeper.cli.local.demo.tally import Tallies, Tally, one, refused, summed
from storekeeper_client.metering import Meter

_PAGE = 1000  # objects in one answer to ListObjectsV2
_MOST_ADDED = 40
_THUMBNAIL = (800, 9_000)  # bytes
_LARGEST = 2_000_000  # bytes that are read of one object


class Pipeline:
    """One worker. Each deed returns the requests that it caused, if all goes well."""

    def __init__(self, meter: Meter, place: Place, random: Random) -> None:
        self._packages, self._uploads = _store(meter, place, PACKAGES), _store(meter, place, UPLOADS)
        self._random = random
        self._folders: Sequence[str] = ()
        self._files: Sequence[str] = ()
        self._added: list[str] = []

    def deeds(self) -> Sequence[tuple[int, Deed]]:
        """How often each is done, beside the others; once in this order, they are all done."""
        return (
            (1, self.survey),
            (3, self.inspect),
            (30, self.read),
            (15, self.make_thumbnail),
            (3, self.clear),
            (2, self.miss),
        )

    def survey(self) -> Tallies:
        """Which packages there are."""
        found = self._packages.list_with_delimiter()
        self._folders = found["common_prefixes"]
        return _pages(len(self._folders) + len(found["objects"]))

    def inspect(self) -> Tallies:
        """What is in one package."""
        before = {} if self._folders else self.survey()
        found = 0
        for objects in self._packages.list(self._random.choice(self._folders)):
            found += len(objects)
            self._files = [each["path"] for each in objects if each["size"] < _LARGEST] or self._files
        return summed([before, _pages(found)])

    def read(self) -> Tallies:
        done = []
        while not self._files:
            done.append(self.inspect())
        content = self._packages.get(self._random.choice(self._files)).bytes()
        return summed([*done, one("GetObject", len(content))])

    def make_thumbnail(self) -> Tallies:
        """Whose it is, the meter's owner pattern tells."""
        person = self._random.choice(PEOPLE)
        self._added.append(f"users/{person}/thumbnails/{self._random.randrange(10**8):08d}.webp")
        content = self._random.randbytes(self._random.randint(*_THUMBNAIL))
        self._uploads.put(self._added[-1], content)
        done = [one("PutObject", len(content))]
        if len(self._added) > _MOST_ADDED:
            done.append(self.clear())
        return summed(done)

    def clear(self) -> Tallies:
        """All of its thumbnails in one request; nothing where there is none."""
        if not self._added:
            return {}
        self._uploads.delete(self._added)
        self._added = []
        return one("DeleteObjects")

    def miss(self) -> Tallies:
        """Ask for what is not there."""
        try:
            self._uploads.head("users/ann/no-such-thumbnail.webp")
        except FileNotFoundError:
            return refused("HeadObject")
        return one("HeadObject")

    def close(self) -> Tallies:
        """Leave nothing behind."""
        return self.clear()


def _pages(objects: int) -> Tallies:
    return {"ListObjectsV2": Tally(max(1, -(-objects // _PAGE)))}


def _store(meter: Meter, place: Place, bucket: str) -> Any:
    obstore: Any = importlib.import_module("obstore.store")
    plain = obstore.S3Store(
        bucket,
        endpoint=place.endpoint,
        access_key_id=place.access_key_id,
        secret_access_key=place.secret_access_key,
        region="us-east-1",
        client_options={"allow_http": True},
    )
    return meter.wrap_obstore(plain)
