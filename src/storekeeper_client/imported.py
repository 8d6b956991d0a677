"""What the API says of imports."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from .model import Noun


class LineRejection(Noun, frozen=True, kw_only=True):
    """A line, or item, that was not taken."""

    line: int
    reason: str


class Import(Noun, frozen=True, kw_only=True):
    """What became of a file."""

    format: str
    bucket: str = ""
    records: int = 0
    accepted: int = 0
    duplicates: int = 0
    skipped: Mapping[str, int] = {}
    rejected: Sequence[LineRejection] = ()
    rejected_count: int = 0


class Amounts(Noun, frozen=True, kw_only=True):
    """Sums of a day; None where nothing is known."""

    requests: float | None = None
    errors: float | None = None
    bytes_in: float | None = None
    bytes_out: float | None = None
    objects: float | None = None
    bytes: float | None = None


class Comparison(Noun, frozen=True, kw_only=True):
    """One day of one bucket, as a provider reports it and as it was measured."""

    day: datetime
    bucket: str
    source: str
    resolution_seconds: int = 0
    reported: Amounts
    measured: Amounts
    difference: Amounts


class Comparisons(Noun, frozen=True, kw_only=True):
    since: datetime
    until: datetime
    items: Sequence[Comparison] = ()


class ImportSource(Noun, frozen=True, kw_only=True):
    """What is pulled by schedule, and how it went the last time."""

    id: str
    name: str
    format: str
    bucket: str = ""
    cron: str = ""
    paused: bool = False
    next_run_at: datetime | None = None
    settings: Mapping[str, str] = {}
    has_secret: bool = False
    last_run_at: datetime | None = None
    last_result: Mapping[str, int] = {}
    last_error: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
