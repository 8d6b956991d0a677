"""An application on boto3: people browse pictures, look at them, upload and remove them."""

import importlib
import io
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import msgspec

from storekeeper.cli.local.demo.files import UPLOADS
from storekeeper.cli.local.demo.tally import Tallies, one, refused, summed
from storekeeper_client.metering import owner

PEOPLE = ("ann", "ann", "ann", "bob", "bob", "carla", "dmitri", "eve", "farid", "greta")
Deed = Callable[[], Tallies]

_MOST_SEEN, _MOST_ADDED = 200, 30  # objects
_PART = 5 << 20  # bytes; S3 takes no smaller parts
_PICTURE = (2_000, 400_000)  # bytes


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An S3 server and who is asking."""

    endpoint: str
    access_key_id: str
    secret_access_key: str


class Gallery:
    """One visitor at a time. Each deed returns the requests that it caused, if all goes well."""

    def __init__(self, place: Place, random: Random) -> None:
        self._s3 = _client(place)
        self._stranger = _client(msgspec.structs.replace(place, secret_access_key=place.access_key_id))
        self._random = random
        self._seen: dict[str, Sequence[str]] = {}
        self._added: list[str] = []

    def deeds(self) -> Sequence[tuple[int, Deed]]:
        """How often each is done, beside the others; once in this order, they are all done."""
        return (
            (4, self.browse),
            (40, self.look),
            (15, self.check),
            (12, self.upload),
            (1, self.upload_film),
            (8, self.remove),
            (4, self.miss),
            (2, self.trespass),
        )

    def browse(self) -> Tallies:
        return self._browse(self._random.choice(PEOPLE))

    def look(self) -> Tallies:
        person, before = self._known()
        key = self._random.choice(self._seen[person])
        with owner(person):
            body = self._s3.get_object(Bucket=UPLOADS, Key=key)["Body"].read()
        return summed([before, one("GetObject", len(body))])

    def check(self) -> Tallies:
        person, before = self._known()
        with owner(person):
            self._s3.head_object(Bucket=UPLOADS, Key=self._random.choice(self._seen[person]))
        return summed([before, one("HeadObject")])

    def upload(self) -> Tallies:
        person = self._random.choice(PEOPLE)
        picture = self._random.randbytes(self._random.randint(*_PICTURE))
        with owner(person):
            self._s3.put_object(Bucket=UPLOADS, Key=self._add(person, "jpg"), Body=picture)
        done = [one("PutObject", len(picture))]
        while len(self._added) > _MOST_ADDED:
            done.append(self.remove())
        return summed(done)

    def upload_film(self) -> Tallies:
        """In two parts."""
        person, rest = self._random.choice(PEOPLE), self._random.randint(*_PICTURE)
        film = io.BytesIO(self._random.randbytes(_PART + rest))
        transfer: Any = importlib.import_module("boto3.s3.transfer")
        parts = transfer.TransferConfig(multipart_threshold=_PART, multipart_chunksize=_PART)
        with owner(person):
            self._s3.upload_fileobj(film, UPLOADS, self._add(person, "mp4"), Config=parts)
        done = [one("UploadPart", _PART), one("UploadPart", rest)]
        return summed([one("CreateMultipartUpload"), *done, one("CompleteMultipartUpload")])

    def remove(self) -> Tallies:
        """The oldest of its own; nothing where there is none."""
        if not self._added:
            return {}
        self._s3.delete_object(Bucket=UPLOADS, Key=self._added.pop(0))
        return one("DeleteObject")

    def miss(self) -> Tallies:
        """Ask for what is not there."""
        return self._denied(self._s3, f"users/{self._random.choice(PEOPLE)}/no-such-picture.jpg")

    def trespass(self) -> Tallies:
        """Ask with a wrong key."""
        return self._denied(self._stranger, "users/ann/diary.txt")

    def close(self) -> Tallies:
        """Leave nothing behind."""
        return summed([self.remove() for _ in range(len(self._added))])

    def _denied(self, client: Any, key: str) -> Tallies:
        try:
            client.head_object(Bucket=UPLOADS, Key=key)
        except client.exceptions.ClientError:
            return refused("HeadObject")
        return one("HeadObject")

    def _known(self) -> tuple[str, Tallies]:
        """A person some of whose pictures are known, and what it took to know them."""
        if self._seen:
            return self._random.choice(list(self._seen)), {}
        return "ann", self._browse("ann")

    def _browse(self, person: str) -> Tallies:
        with owner(person):
            page = self._s3.list_objects_v2(Bucket=UPLOADS, Prefix=f"users/{person}/", MaxKeys=_MOST_SEEN)
        own = set(self._added)
        keys = [each["Key"] for each in page.get("Contents", ()) if each["Key"] not in own]
        # What others add is soon removed by them.
        if keys := [key for key in keys if "/gallery/" not in key and "/thumbnails/" not in key]:
            self._seen[person] = keys
        return one("ListObjectsV2")

    def _add(self, person: str, suffix: str) -> str:
        self._added.append(f"users/{person}/gallery/{self._random.randrange(10**8):08d}.{suffix}")
        return self._added[-1]


def _client(place: Place) -> Any:
    boto3: Any = importlib.import_module("boto3")
    configuration: Any = importlib.import_module("botocore.config").Config(
        s3={"addressing_style": "path"}, response_checksum_validation="when_required"
    )
    return boto3.session.Session().client(
        "s3",
        endpoint_url=place.endpoint,
        aws_access_key_id=place.access_key_id,
        aws_secret_access_key=place.secret_access_key,
        region_name="us-east-1",
        config=configuration,
    )
