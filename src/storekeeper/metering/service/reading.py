"""Reads what operations add up to, at the resolution that fits the range."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.kernel.clock import Clock
from storekeeper.metering.analytics import MeteringAnalytics
from storekeeper.metering.model import (
    Activity,
    Figures,
    Group,
    Latency,
    Point,
    Question,
    RecentOperation,
    Usage,
)
from storekeeper.metering.rules import relative_error, resolution

TOP = 50
MAX_RECENT = 500


class UsageReader:
    """Safe to share between threads."""

    def __init__(self, analytics: MeteringAnalytics, buckets: BucketService, clock: Clock) -> None:
        self._analytics = analytics
        self._buckets = buckets
        self._clock = clock

    def usage(
        self, span: timedelta, *, bucket: str = "", owner: str | None = None, operation: str = ""
    ) -> Usage:
        """Up to now, of one bucket, owner or operation, or all. Raises UnknownBucketError."""
        question, step = self._question(span, bucket, owner, operation)
        names = {one.id: one.name for one in self._buckets.all()}
        totals = self._analytics.totals(question)
        return Usage(
            since=question.since,
            until=question.until,
            resolution_seconds=int(step.total_seconds()),
            totals=Figures(**_figures(totals)),
            series=[
                Point(time=_utc(row["time"]), **_figures(row)) for row in self._analytics.series(question)
            ],
            by_bucket=self._groups(question, "bucket", names),
            by_owner=self._groups(question, "owner"),
            by_operation=self._groups(question, "operation"),
            by_status=self._groups(question, "status"),
            provenance="sampled" if totals and totals["samples"] < totals["requests"] else "measured",
        )

    def recent(
        self,
        span: timedelta,
        *,
        bucket: str = "",
        owner: str | None = None,
        operation: str = "",
        limit: int = 100,
    ) -> Activity:
        """The newest operations, newest first. Raises UnknownBucketError."""
        question, _ = self._question(span, bucket, owner, operation)
        buckets = {one.id: one for one in self._buckets.all()}
        rows = self._analytics.recent(question, max(1, min(limit, MAX_RECENT)))
        return Activity(items=[_recent(row, buckets) for row in rows])

    def _question(
        self, span: timedelta, bucket: str, owner: str | None, operation: str
    ) -> tuple[Question, timedelta]:
        name, step = resolution(span)
        now = self._clock.now()
        question = Question(
            since=now - span,
            until=now + timedelta(minutes=5),
            step=name,
            bucket_id=self._buckets.get(bucket).id if bucket else None,
            owner=owner,
            operation=operation or None,
        )
        return question, step

    def _groups(self, question: Question, by: str, names: Mapping[str, str] | None = None) -> list[Group]:
        rows = self._analytics.groups(question, by, TOP)
        return [
            Group(name=names.get(row["name"], "(removed)") if names else row["name"], **_figures(row))
            for row in rows
        ]


def _figures(row: Mapping[str, Any]) -> dict[str, Any]:
    requests, samples = row.get("requests", 0.0), row.get("samples", 0)
    measured = requests > 0
    return {
        "requests": requests,
        "errors": row.get("errors", 0.0),
        "throttles": row.get("throttles", 0.0),
        "bytes_in": row.get("bytes_in", 0.0),
        "bytes_out": row.get("bytes_out", 0.0),
        "error_rate": row["errors"] / requests if measured else 0.0,
        "relative_error": relative_error(requests, samples),
        "latency": Latency(
            p50_ms=row["p50"] if measured else None,
            p95_ms=row["p95"] if measured else None,
            p99_ms=row["p99"] if measured else None,
            mean_ms=row["latency_sum"] / requests if measured else None,
        ),
    }


def _recent(row: Mapping[str, Any], buckets: Mapping[str, Bucket]) -> RecentOperation:
    bucket = buckets.get(row["bucket_id"])
    return RecentOperation(
        time=_utc(row["time"]),
        bucket=bucket.name if bucket else "(removed)",
        owner=row["owner"],
        operation=row["operation"],
        status=row["status"],
        error=row["error"],
        prefix=row["prefix"],
        key=row["prefix"] + row["name"] if bucket and bucket.store_keys else None,
        bytes_in=row["bytes_in"],
        bytes_out=row["bytes_out"],
        latency_ms=round(row["latency_ms"], 3),
        weight=row["weight"],
        request_id=row["request_id"],
    )


def _utc(moment: datetime | int) -> datetime:
    if isinstance(moment, int):  # DateTime arrives as seconds in Arrow
        return datetime.fromtimestamp(moment, UTC)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
