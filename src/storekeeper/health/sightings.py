"""Nouns of other vantage points: how each last saw a bucket."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from storekeeper.health.model import OperationHealth, Status
from storekeeper_client.breaker import Failure, Outcome

FORGOTTEN_AFTER = timedelta(days=1)  # without a word


class Vantage(msgspec.Struct, frozen=True, kw_only=True):
    """A vantage point: the API key that it has, by id and name. `node` is part of the names of its probe objects."""

    id: str
    name: str
    node: str


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """How a bucket is from a vantage point. `outcome`, `failure` and `slowest` (seconds) are those of its last round."""

    vantage: Vantage
    checked_at: datetime
    operations: Sequence[OperationHealth]
    outcome: Outcome
    failure: Failure | None = None
    slowest: float = 0.0


class BucketSeen(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a bucket is from one vantage point, unknown when that has been silent for three intervals."""

    bucket: str
    status: Status
    reason: str
    checked_at: datetime


class VantagePoint(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`heard` is whether anything came from it lately; `node` is part of the names of its probe objects."""

    id: str
    name: str
    node: str
    heard: bool
    heard_at: datetime
    buckets: Sequence[BucketSeen]
