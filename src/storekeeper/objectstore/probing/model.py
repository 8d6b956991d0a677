"""What one round of probes on a bucket is, and what it finds. Durations are seconds."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from storekeeper_client.breaker import Failure, Outcome


class ProbeOperation(StrEnum):
    """What can be tried at a bucket, in the order in which a round does it."""

    PUT = "put"
    HEAD = "head"
    GET = "get"
    LIST = "list"
    DELETE = "delete"


class Probed(msgspec.Struct, frozen=True, kw_only=True):
    """How one operation of a round ended. `detail` is what happened and `hint` what to do, both empty when it is well."""

    operation: ProbeOperation
    outcome: Outcome
    failure: Failure | None = None  # of which kind, for the outcome `failure`
    corrupt: bool = False  # it answered, with something else than what is stored
    status: int = 0  # of HTTP; 0 where none came
    code: str = ""  # of S3, or the slug of what went wrong where no answer came
    latency: float = 0.0  # until the answer was complete or given up
    first_byte: float | None = None
    detail: str = ""
    hint: str = ""
    retry_after: float | None = None


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """What the round's connection showed; None where there was nothing to see."""

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    certificate_until: datetime | None = None
    # By how much the endpoint's clock is ahead of ours; about a second is noise.
    clock_skew: float | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a round is to do."""

    operations: Sequence[ProbeOperation]
    timeout: float  # of each operation, however slowly its answer trickles in
    node: str  # whose probe it is: part of its objects' names
    key: str = ""  # of the object, where it was signed ahead of time; else a new one
    body: bytes = b""  # to go with it


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What a round found."""

    operations: Sequence[Probed]
    network: Network = Network()
    debris: bool = False  # an object may be left behind, for the sweeper
    versioned: bool = False  # what was put is one version of several: deleting it may leave it there
