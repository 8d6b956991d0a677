"""S3 access logs from the bucket that they are delivered to.

Their keys sort by time, but a log may arrive hours late. So the place in the listing moves on only behind what was
delivered hours ago; of what is newer, the keys that were read are kept.
"""

import io
from contextlib import closing
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from storekeeper.metering.importing.model import ImportReply
from storekeeper.metering.importing.pulling.model import Pulled, Puller, Reach, added_up
from storekeeper.objectstore import ObjectStore

SETTLED = timedelta(hours=2)
MAX_FILES = 2000  # of one pull; the next one goes on
MAX_SEEN = 5000


class _Place(msgspec.Struct, frozen=True):
    """Everything up to `after` was read, and beyond it what is `seen`."""

    after: str = ""
    seen: dict[str, int] = {}  # keys, with seconds of when they were delivered


class _File(NamedTuple):
    key: str
    delivered: int


def _pull(reach: Reach) -> Pulled:
    place = msgspec.json.decode(reach.cursor, type=_Place) if reach.cursor else _Place()
    replies: list[ImportReply] = []
    seen = dict(place.seen)
    with closing(reach.open(reach.settings["logBucket"])) as store:
        for file in _new_files(store, reach.settings.get("prefix", ""), place):
            replies.append(reach.take(io.BytesIO(store.get(file.key)), 0))
            seen[file.key] = file.delivered
    cursor = msgspec.json.encode(_moved_on(place.after, seen, reach.now)).decode()
    return Pulled(cursor=cursor, result=added_up(replies))


def _new_files(store: ObjectStore, prefix: str, place: _Place) -> list[_File]:
    found: list[_File] = []
    token = ""
    while len(found) < MAX_FILES:
        page = store.list_page(prefix=prefix, start_after=place.after, token=token)
        found += [
            _File(row["key"], int(row["modified"].timestamp()))
            for row in page.objects.select(["key", "size", "modified"]).to_pylist()
            if row["size"] and row["key"] not in place.seen
        ]
        if not page.truncated:
            break
        token = page.token
    return found[:MAX_FILES]


def _moved_on(after: str, seen: dict[str, int], now: datetime) -> _Place:
    """The first keys in order that are settled fall behind; so do the oldest of too many."""
    settled = (now - SETTLED).timestamp()
    keys = sorted(seen)
    behind = 0
    while behind < len(keys) and (seen[keys[behind]] < settled or len(keys) - behind > MAX_SEEN):
        behind += 1
    return _Place(after=keys[behind - 1] if behind else after, seen={key: seen[key] for key in keys[behind:]})


PULLER = Puller(
    format="s3-access-log",
    settings={
        "logBucket": "The registered bucket that the logs are delivered to.",
        "prefix": "What the keys of the logs begin with.",
    },
    required=("logBucket",),
    pull=_pull,
    needs_secret=False,
)
