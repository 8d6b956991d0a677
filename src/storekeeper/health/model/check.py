"""What a check found, one operation at a time."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import Outcome


class ProbeCost(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Requests of one bucket's checks in a month of 30 days, by how providers bill them."""

    class_a: int  # PUT and LIST, those of the sweeper too
    class_b: int  # GET and HEAD
    free: int  # DELETE


class Check(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One operation of one round. `outcome` is ok, failure, throttled, caller or unknown, as breakers see it."""

    id: str  # the round's id, a dot and the operation
    time: datetime  # when the round began
    bucket: str
    operation: ProbeOperation
    outcome: Outcome
    failure: str = ""  # connect, tls, timeout or server
    status: int = 0  # of HTTP; 0 where no answer came
    code: str = ""
    latency_ms: float = 0.0
    first_byte_ms: float | None = None
    slow: bool = False
    corrupt: bool = False  # wrong bytes, or an object that is not there right after it was stored
    detail: str = ""
    hint: str = ""
    vantage: str = ""  # the other vantage point that made it; empty for this server

    @property
    def ok(self) -> bool:
        return self.outcome is Outcome.OK


class NetworkFigures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Of a round's own fresh connection; null for folders and memory, and where it did not get that far."""

    dns_ms: float | None = None
    connect_ms: float | None = None
    tls_ms: float | None = None
    certificate_days: float | None = None
    clock_skew_ms: float | None = None


class CheckRound(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One check of a bucket: all its operations, one after the other. `outcome` is the worst that counts."""

    id: str
    time: datetime
    bucket: str
    outcome: Outcome
    duration_ms: float
    checks: Sequence[Check]
    network: NetworkFigures
    diagnosis: str  # what is wrong, in words; empty when nothing is


class CheckPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[Check]
    next_cursor: str | None
