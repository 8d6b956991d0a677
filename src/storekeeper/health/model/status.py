"""What follows from checks: how a bucket is."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from storekeeper.health.model.check import NetworkFigures
from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import Mode, State


class Status(StrEnum):
    """Unhealthy: every operation that is tested fails. Degraded: some fail, or fail at times, or are slow or throttled.

    Unknown: no check for three intervals, or none yet.
    """

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"


class OperationHealth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How one operation has been lately."""

    operation: ProbeOperation
    # Outcomes, the newest last: o ok, s slow, f failed, t throttled, c refused, x corrupt, u unknown.
    recent: str = ""
    since: datetime | None = None  # when the present row of bad checks began; null when the last was well
    streak: int = 0  # bad checks in a row, slow ones not among them
    problem: str = ""  # what was wrong with the last bad one, such as "503 SlowDown"
    latency_ms: float = 0.0
    first_byte_ms: float | None = None


class VantageHealth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a bucket is from one vantage point, this server among them; unknown when nothing was heard for three intervals."""

    name: str
    status: Status
    reason: str
    checked_at: datetime | None
    here: bool = False  # whether it is this server


class BucketHealth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a bucket is, with the reason in words such as "PUT fails since 14:02: 503 SlowDown (3 of 3)"."""

    bucket: str
    status: Status
    reason: str
    since: datetime | None
    checked_at: datetime | None = None
    next_check_at: datetime | None = None  # null while it is not checked
    operations: Sequence[OperationHealth] = ()
    network: NetworkFigures = NetworkFigures()
    breaker: State = State.CLOSED
    mode: Mode = Mode.AUTOMATIC
    monitored: bool = True
    vantage: Sequence[VantageHealth] = ()  # empty where only this server looks


class StatusChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    at: datetime
    bucket: str
    before: Status
    after: Status
    reason: str


class StatusChangePage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: Sequence[StatusChange]
    next_cursor: str | None
