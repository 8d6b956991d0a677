"""What the API tells of operations: what they add up to. Counts are weighted, so they may be broken numbers."""

from collections.abc import Sequence
from datetime import datetime

from .model import Noun


class Figures(Noun, frozen=True, kw_only=True):
    """Weighted counts; bytes, milliseconds, ratios 0…1. `relative_error` is what sampling brings to `requests`."""

    requests: float = 0
    errors: float = 0
    throttles: float = 0
    bytes_in: float = 0
    bytes_out: float = 0
    error_rate: float = 0
    mean_ms: float | None = None
    relative_error: float = 0


class Point(Figures, frozen=True, kw_only=True):
    """One step of time."""

    time: datetime


class Group(Figures, frozen=True, kw_only=True):
    """Operations that have something in common."""

    name: str
    previous_requests: float = 0


class Mover(Noun, frozen=True, kw_only=True):
    """A group whose requests changed much against the range before."""

    dimension: str  # bucket, owner or operation
    name: str
    requests: float = 0
    previous_requests: float = 0
    change: float = 0


class EmbedLink(Noun, frozen=True, kw_only=True):
    """The address of a page with one owner's storage, for whoever has it, until it expires or is revoked."""

    url: str
    owner: str
    expires_at: datetime


class Usage(Noun, frozen=True, kw_only=True):
    """What operations add up to over a range; `previous` is the range of the same length before it."""

    since: datetime
    until: datetime
    resolution_seconds: int = 0
    totals: Figures
    previous: Figures
    series: Sequence[Point] = ()
    by_bucket: Sequence[Group] = ()
    by_owner: Sequence[Group] = ()
    by_operation: Sequence[Group] = ()
    by_status: Sequence[Group] = ()
    top_movers: Sequence[Mover] = ()
    provenance: str = ""
