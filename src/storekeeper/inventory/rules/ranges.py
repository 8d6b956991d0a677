"""Ranges of keys: how the key space of a bucket is divided so that each key is listed exactly once.

A shard is the set of keys that start with `prefix`, come after `after` and not after `until`. Every division below
cuts one shard into disjoint shards whose union is the old one, whatever the store answers and wherever the cut is.
Keys compare by code point, which is the order of their UTF-8 bytes and so the order of S3 listings.
"""

from bisect import bisect_right
from collections.abc import Sequence

from msgspec.structs import replace

from storekeeper.inventory.model import Division, Shard

DELIMITER = "/"
# In a page of 1,000 keys: then a folder of its own fills a fifth of a page at least.
FOLDERS_WORTH_A_REQUEST = 5


def contains(shard: Shard, key: str) -> bool:
    """Whether the key is still to be listed by this shard."""
    return (
        not shard.done
        and key.startswith(shard.prefix)
        and key > shard.after
        and (not shard.until or key <= shard.until)
    )


def wanted(shard: Shard, keys: Sequence[str]) -> slice:
    """Which of these sorted keys belong to the shard."""
    end = bisect_right(keys, shard.until) if shard.until else len(keys)
    return slice(bisect_right(keys, shard.after), end)


def start_after(shard: Shard) -> str:
    """What to ask a store for; nothing when the prefix alone says where to begin."""
    return shard.after if shard.after >= shard.prefix else ""


def advance(shard: Shard, last_key: str, *, ended: bool) -> Shard:
    """The shard after a page up to `last_key`; it is done at the listing's end or past its own."""
    past = bool(shard.until) and last_key >= shard.until
    return replace(shard, after=max(shard.after, last_key), done=ended or past)


def cut(shard: Shard, at: str, number: int) -> tuple[Shard, Shard] | None:
    """The shard up to and including `at`, and a new one after it; None when `at` is not inside."""
    if shard.done or at <= shard.after or (shard.until and at >= shard.until):
        return None
    return replace(shard, until=at), Shard(number=number, prefix=shard.prefix, after=at, until=shard.until)


def has_few_folders(shard: Shard, keys: Sequence[str]) -> bool:
    """Whether folders here are big enough to be listed one by one: tiny ones would cost a request each."""
    start = len(shard.prefix)
    folders = {key[:end] for key in keys if (end := key.find(DELIMITER, start)) >= 0}
    return len(folders) <= FOLDERS_WORTH_A_REQUEST


def divide(shard: Shard, keys: Sequence[str], folders: Sequence[str], *, truncated: bool) -> Division | None:
    """What a listing of one level below the shard's prefix, begun after `shard.after`, makes of the shard.

    Each folder becomes a shard of its own; the keys of the level itself up to the end of the page are found. A
    truncated page leaves the rest to the old shard. None when the page brings nothing forward.
    """
    end = _end_of(keys, folders) if truncated else ""
    if truncated and end <= shard.after:
        return None
    mine = [folder for folder in _folders(shard, folders) if not end or folder <= end]
    children = [Shard(number=0, prefix=folder, after=shard.after, until=shard.until) for folder in mine]
    found = wanted(
        replace(shard, until=min(end, shard.until) if end and shard.until else end or shard.until), keys
    )
    rest = advance(shard, end, ended=False) if truncated else replace(shard, done=True)
    return Division(rest=rest, children=tuple(children), found=found)


def _end_of(keys: Sequence[str], folders: Sequence[str]) -> str:
    """Up to where a truncated page tells everything. A last folder is left out: its keys may not all be after it."""
    last_key, last_folder = max(keys, default=""), max(folders, default="")
    return last_key if last_key > last_folder else last_folder.removesuffix(DELIMITER)


def _folders(shard: Shard, folders: Sequence[str]) -> list[str]:
    """Folders that may hold keys of the shard, among them the one where it stands now.

    Stores differ in whether they repeat that one, so it is always added; at worst it is empty.
    """
    end = shard.after.find(DELIMITER, len(shard.prefix)) + 1
    own = shard.after[:end] if end and shard.after.startswith(shard.prefix) else ""
    ahead = {folder for folder in folders if folder.startswith(shard.prefix) and folder > shard.after}
    return sorted(folder for folder in ahead | {own} if folder and (not shard.until or folder <= shard.until))
