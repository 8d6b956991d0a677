"""Which objects a policy chooses, and how many of them one run may take."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import translate

from storekeeper.cleanup.model import Choice

# Whatever a policy says, these stay: probes of health checks and permissions, archives, backups.
RESERVED = (".storekeeper-probe/", ".storekeeper/", "storekeeper/")
_AGES = ((30, "under 30 days"), (90, "30 to 90 days"), (180, "90 to 180 days"), (365, "180 days to a year"))
_OLDEST = "over a year"
AGES = (*(name for _, name in _AGES), _OLDEST)


def prefixes_to_list(choice: Choice) -> Sequence[str]:
    """What to list so that every object that may be chosen is listed once."""
    if choice.whole_bucket:
        return [""]
    kept: list[str] = []
    for prefix in sorted(set(choice.prefixes)):
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return kept


class Selector:
    """What a choice means at one moment. Tags are not looked at: they must be asked for."""

    def __init__(self, choice: Choice, now: datetime) -> None:
        self._prefixes = ("",) if choice.whole_bucket else tuple(choice.prefixes)
        self._excluded = (*RESERVED, *choice.excluded)
        self._matches = re.compile(translate(choice.pattern)).match if choice.pattern else None
        self._newest = now - timedelta(days=choice.min_age_days)
        self._least = choice.min_size or 0
        self._most = choice.max_size

    def chooses(self, key: str, size: int, modified: datetime) -> bool:
        """Whether the object meets all but the tags."""
        return (
            modified <= self._newest
            and size >= self._least
            and (self._most is None or size <= self._most)
            and key.startswith(self._prefixes)
            and not key.startswith(self._excluded)
            and (self._matches is None or self._matches(key) is not None)
        )


def has_tags(wanted: Mapping[str, str], found: Mapping[str, str]) -> bool:
    """Whether all wanted tags are there, with these values."""
    return all(found.get(name) == value for name, value in wanted.items())


class Cap:
    """How much one run may take: whatever still fits is taken."""

    def __init__(self, objects: int, size: int) -> None:
        self._objects, self._bytes = objects, size

    def has_room(self, size: int) -> bool:
        """Whether one more of that size fits."""
        return self._objects > 0 and size <= self._bytes

    def takes(self, size: int) -> bool:
        """Whether one more of that size fits; then its room is used up."""
        if not self.has_room(size):
            return False
        self._objects -= 1
        self._bytes -= size
        return True


def folder_of(key: str, prefixes: Iterable[str]) -> str:
    """The part of the bucket that a key is told under: one level below the prefix that lists it."""
    below = max((prefix for prefix in prefixes if key.startswith(prefix)), key=len, default="")
    end = key.find("/", len(below))
    return key[: end + 1] if end >= 0 else below


def age_of(modified: datetime, now: datetime) -> str:
    """One of AGES."""
    days = (now - modified).days
    return next((name for limit, name in _AGES if days < limit), _OLDEST)
