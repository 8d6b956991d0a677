"""What the server and a vantage point say to each other. Durations in milliseconds end in `_ms`, or are settings of checks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from storekeeper.objectstore.probing import ProbeOperation, SignedRequest
from storekeeper_client.breaker import Failure, Outcome

PLAN_PATH, ROUNDS_PATH = "/api/health/vantage/plan", "/api/health/vantage/rounds"
MOST_ROUNDS = 500  # in one report
LONGEST_CODE, LONGEST_WORDS, LONGEST_TICKET = 100, 1000, 1000
_HOUR_MS = 3_600_000

Code = Annotated[str, msgspec.Meta(max_length=LONGEST_CODE)]
Words = Annotated[str, msgspec.Meta(max_length=LONGEST_WORDS)]
Took = Annotated[float, msgspec.Meta(ge=0, le=_HOUR_MS)]


class PlannedRound(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One round. `ticket` is the server's proof that it planned it, to be given back with what was found."""

    id: str
    at: datetime
    ticket: str
    key: str
    requests: Sequence[SignedRequest]


class PlannedBucket(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a bucket is watched, and its next rounds in order of time. `bucket` is its name at the endpoint."""

    name: str
    endpoint: str
    bucket: str
    check_interval: int
    timeout: int
    failure_threshold: int
    slow_response_threshold: int
    test_operations: tuple[ProbeOperation, ...]
    rounds: Sequence[PlannedRound]


class VantagePlan(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All rounds until a moment, by the server's clock, which says `now`. Another `version` replaces what came before."""

    vantage: str
    node: str
    version: str
    now: datetime
    until: datetime
    buckets: Sequence[PlannedBucket]


class ReportedCheck(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How one operation of a round ended."""

    operation: ProbeOperation
    outcome: Outcome
    failure: Failure | None = None
    status: Annotated[int, msgspec.Meta(ge=0, le=999)] = 0
    code: Code = ""
    corrupt: bool = False
    latency_ms: Took = 0.0
    first_byte_ms: Took | None = None
    detail: Words = ""
    hint: Words = ""


class ReportedNetwork(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What the round's connection showed. The endpoint's clock is compared with the vantage point's."""

    dns_ms: Took | None = None
    connect_ms: Took | None = None
    tls_ms: Took | None = None
    certificate_until: datetime | None = None
    clock_skew_ms: Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)] | None = None


class ReportedRound(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a round found, and how long after its planned moment it was begun."""

    ticket: Annotated[str, msgspec.Meta(max_length=LONGEST_TICKET)]
    late_ms: Took = 0.0
    duration_ms: Took = 0.0
    checks: Annotated[list[ReportedCheck], msgspec.Meta(min_length=1, max_length=len(ProbeOperation))]
    network: ReportedNetwork = ReportedNetwork()


class RoundReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Rounds that were made. The same again changes nothing."""

    rounds: Annotated[list[ReportedRound], msgspec.Meta(max_length=MOST_ROUNDS)]


class RefusedRound(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`index` is its place in the report; it is not worth sending again."""

    index: int
    reason: str


class ReportReply(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of a report; rounds that are accepted are recorded."""

    accepted: int
    rejected: Sequence[RefusedRound] = ()
