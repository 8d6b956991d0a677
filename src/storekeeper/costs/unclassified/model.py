"""Nouns of what no price is known for."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What a name names."""

    OPERATION = "operation"
    STORAGE_CLASS = "storage-class"


class Unclassified(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An operation or storage class of a bucket that no price is known for, in one month."""

    bucket: str
    month: str
    kind: Kind
    name: str
    reason: str
    first_seen_at: datetime


class Notice(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What receivers are told: what is new in a bucket's month."""

    bucket: str
    month: str
    operations: Sequence[str]
    storage_classes: Sequence[str]
    reason: str  # of the first of them
    first_seen_at: datetime
