"""Which probe objects are left over from rounds that can no longer be under way."""

from datetime import datetime, timedelta

import msgspec

from storekeeper.objectstore.probing import parse_name

OF_OTHERS = timedelta(hours=1)
_MARGIN = timedelta(seconds=60)


class Broom(msgspec.Struct, frozen=True, kw_only=True):
    """What decides: our node, when its process began, and how long a round of it may last."""

    node: str
    begun: datetime
    longest_round: timedelta


def is_debris(key: str, broom: Broom, now: datetime) -> bool:
    """By the age in its name; what has no name of ours is left alone."""
    name = parse_name(key)
    if name is None:
        return False
    if name.node != broom.node:
        return now - name.made > OF_OTHERS
    return name.made < broom.begun or now - name.made > broom.longest_round + _MARGIN
