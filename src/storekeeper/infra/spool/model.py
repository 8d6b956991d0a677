"""What goes into a spool and what comes out."""

from collections.abc import Sequence
from datetime import datetime

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One body on its way in. `reply` is kept, to be given again to whoever sends the same batch again.

    `label` comes out with it, so that whoever takes it knows something of it without reading it.
    """

    source: str
    batch_id: str
    items: int
    reply: bytes
    body: bytes
    label: str = ""


class Appended(msgspec.Struct, frozen=True):
    """`reply` is that of the first time; `duplicate` whether this was not it."""

    reply: bytes
    duplicate: bool


class Stored(msgspec.Struct, frozen=True):
    """One body on its way out; `intact` is false when it is not what came in."""

    seq: int
    source: str
    items: int
    label: str
    body: bytes
    intact: bool


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """A fixed range of bodies under a token; `items` came in it, also those that were set aside since."""

    token: str
    first: int
    last: int
    items: int
    bodies: Sequence[Stored]


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """How full the spool is."""

    batches: int
    items: int
    bytes: int
    oldest: datetime | None
    quarantined: int
