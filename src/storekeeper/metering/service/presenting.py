"""Rows of the analytics engine in the shapes that callers see."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storekeeper.buckets.model import Bucket
from storekeeper.metering.analytics import Rows
from storekeeper.metering.figures import (
    BucketPoint,
    Figures,
    Group,
    Point,
    Pulse,
    RecentOperation,
    Speed,
    SpeedGroup,
    SpeedPoint,
    Window,
)
from storekeeper.metering.rules import relative_error
from storekeeper.metering.sums import FIGURES, added

OTHERS = "(others)"
_REMOVED = "(removed)"
_QUANTILES = ("p50_ms", "p95_ms", "p99_ms")
_OF_BUCKETS = ("requests", "bytes_in", "bytes_out")
_DAY = timedelta(days=1)
_MOMENTS = 4096  # that are remembered: those of a series are asked for once for each bucket

Row = Mapping[str, Any]


def total(rows: Rows, *, current: bool) -> Figures:
    """All rows of the range, or of the one before, as one."""
    return Figures(**_figures(_sum([row for row in rows if bool(row["current"]) is current])))


def provenance(rows: Rows) -> str:
    """`sampled` where any operation of the range stands for several."""
    whole = _sum([row for row in rows if row["current"]])
    return "sampled" if whole["samples"] < whole["requests"] else "measured"


def series(points: pa.Table) -> list[Point]:
    """Oldest first; the parts of one moment added up."""
    rows = added(points, ["moment"]).sort_by("moment").to_pylist()
    return [Point(time=moment_of(row["moment"]), **_figures(row)) for row in rows]


def bucket_series(points: pa.Table, names: Mapping[str, str]) -> list[BucketPoint]:
    """Oldest first; all but the busiest buckets are one, and so are all that were removed."""
    called: Any = pa.array([*names.values(), OTHERS, _REMOVED], pa.string())
    known: Any = pa.array([*names, ""], pa.string())
    part: Any = points["part"].cast(pa.string())
    places: Any = pc.fill_null(pc.index_in(part, known), len(known))
    told = points.append_column("bucket", called.take(places.combine_chunks()))
    sums = added(told, ["moment", "bucket"], _OF_BUCKETS).sort_by(
        [("moment", "ascending"), ("bucket", "ascending")]
    )
    columns = (sums[name].to_pylist() for name in ("moment", "bucket", *_OF_BUCKETS))
    return [
        BucketPoint(
            time=moment_of(moment), bucket=bucket, requests=requests, bytes_in=bytes_in, bytes_out=bytes_out
        )
        for moment, bucket, requests, bytes_in, bytes_out in zip(*columns, strict=True)
    ]


def groups(rows: Rows, name_of: Callable[[Row], str]) -> list[Group]:
    """Busiest first, also those of the range before that have no operation now."""
    now, before = _named(rows, name_of, current=True), _named(rows, name_of, current=False)
    found = [
        Group(
            name=name,
            previous_requests=before.get(name, {}).get("requests", 0.0),
            **_figures(now.get(name, {})),
        )
        for name in now.keys() | before.keys()
    ]
    return sorted(found, key=lambda one: (-one.requests, -one.previous_requests, one.name))


def owner_groups(rows: Rows) -> list[Group]:
    """Busiest first."""
    return [Group(name=row["name"], previous_requests=row["previous"], **_figures(row)) for row in rows]


def speed(rows: Rows) -> Speed:
    """The one row of the range."""
    found = next((row for row in rows if row["current"]), {})
    return Speed(**_speed(found))


def speed_series(rows: Rows) -> list[SpeedPoint]:
    """Oldest first."""
    ordered = sorted((row for row in rows if row["current"]), key=lambda row: row["moment"])
    return [SpeedPoint(time=moment_of(row["moment"]), **_speed(row)) for row in ordered]


def speed_groups(rows: Rows) -> list[SpeedGroup]:
    """Busiest first."""
    ordered = sorted(
        (row for row in rows if row["current"]), key=lambda row: (-row["requests"], row["operation"])
    )
    return [SpeedGroup(name=row["operation"], **_speed(row)) for row in ordered]


def pulse(found: Mapping[str, Rows], window: Window, now: datetime) -> Pulse:
    """The last day by hour, and what was written and read today and yesterday up to the same hour."""
    hours = {moment_of(row["moment"]): row for row in found["time"]}
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = [hours[time] for time in hours if time >= midnight]
    yesterday = [hours[time] for time in hours if midnight - _DAY <= time <= now - _DAY]
    steps = (now - window.since) // timedelta(hours=1) + 1
    axis = [window.since + timedelta(hours=1) * step for step in range(steps)]
    return Pulse(
        since=window.since,
        totals=speed(found["all"]),
        previous=total(found["all"], current=False),
        series=speed_series(found["time"]),
        uploads_today=sum(row["uploads"] for row in today),
        downloads_today=sum(row["downloads"] for row in today),
        uploads_yesterday=sum(row["uploads"] for row in yesterday),
        downloads_yesterday=sum(row["downloads"] for row in yesterday),
        uploads_by_hour=[hours[time]["uploads"] if time in hours else 0.0 for time in axis],
        downloads_by_hour=[hours[time]["downloads"] if time in hours else 0.0 for time in axis],
        provenance=provenance(found["all"]),
    )


def recent(row: Row, buckets: Mapping[str, Bucket]) -> RecentOperation:
    """One operation; its key only where the bucket allows it."""
    bucket = buckets.get(row["bucket_id"])
    return RecentOperation(
        time=row["time"].astimezone(UTC),
        bucket=bucket.name if bucket else _REMOVED,
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


def exported(rows: pa.Table, names: Mapping[str, str]) -> pa.Table:
    """Single operations with the names of their buckets; `key` is empty where only its prefix is known."""
    found: dict[str, Any] = {name: rows[name].cast(pa.string()) for name in ("bucket", "prefix", "name")}
    known: Any = pa.array(list(names), pa.string())
    called: Any = pa.array([*names.values(), _REMOVED], pa.string())
    places: Any = pc.fill_null(pc.index_in(found["bucket"], known), len(names))
    whole = pc.binary_join_element_wise(found["prefix"], found["name"], "")
    key = pc.if_else(pc.equal(found["name"], pa.scalar("")), pa.scalar(""), whole)
    return (
        rows.set_column(1, "bucket", called.take(places.combine_chunks()))
        .drop_columns(["name"])
        .append_column("key", key)
    )


@lru_cache(_MOMENTS)
def moment_of(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _named(rows: Rows, name_of: Callable[[Row], str], *, current: bool) -> dict[str, Row]:
    """By name; those of the same name, such as removed buckets, added up."""
    named: dict[str, Rows] = defaultdict(list)
    for row in rows:
        if bool(row["current"]) is current:
            named[name_of(row)].append(row)
    return {name: _sum(same) for name, same in named.items()}


def _sum(rows: Sequence[Row]) -> Row:
    if len(rows) == 1:  # as most are
        return rows[0]
    return {name: sum(map(itemgetter(name), rows)) for name in FIGURES}


def _figures(row: Row) -> dict[str, Any]:
    requests, samples = float(row.get("requests", 0)), row.get("samples", 0)
    return {
        "requests": requests,
        "errors": float(row.get("errors", 0)),
        "throttles": float(row.get("throttles", 0)),
        "bytes_in": float(row.get("bytes_in", 0)),
        "bytes_out": float(row.get("bytes_out", 0)),
        "error_rate": row["errors"] / requests if requests else 0.0,
        "mean_ms": round(row["latency_sum"] / row["timed"], 3) if row.get("timed") else None,
        "relative_error": relative_error(requests, samples),
    }


def _speed(row: Row) -> dict[str, Any]:
    known = row.get("quantiles") or (math.nan,) * len(_QUANTILES)
    quantiles = {
        name: round(value, 3) if math.isfinite(value) else None
        for name, value in zip(_QUANTILES, known, strict=True)
    }
    return _figures(row) | quantiles
