"""CloudWatch figures of S3, as `GetMetricData` or `GetMetricStatistics` answers. Best effort, by AWS's own words.

A series is known by its label, or else by its id, in which one of the metrics' names must stand.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from storekeeper.metering.importing import reports
from storekeeper.metering.importing.model import Asked, Reported, ReportFormat
from storekeeper.metering.model import BodyError

DAY, MINUTE = 86_400, 60
_NO_METRIC = "of no metric that is kept"
_STATISTICS = ("Sum", "Maximum", "Average")


class _Metric(NamedTuple):
    """Where a metric's values go. A part adds up with others to AllRequests."""

    column: str
    daily: bool = False
    is_total: bool = False


METRICS = {
    "BucketSizeBytes": _Metric("bytes", daily=True),
    "NumberOfObjects": _Metric("objects", daily=True),
    "AllRequests": _Metric("requests", is_total=True),
    **{
        f"{verb}Requests": _Metric("requests")
        for verb in ("Get", "Put", "Delete", "Head", "Post", "Select", "List")
    },
    "BytesDownloaded": _Metric("bytes_out"),
    "BytesUploaded": _Metric("bytes_in"),
    "4xxErrors": _Metric("errors"),
    "5xxErrors": _Metric("errors"),
}
_NAME = re.compile("|".join(sorted(METRICS, key=len, reverse=True)), re.IGNORECASE)
_BY_LOWER = {name.lower(): name for name in METRICS}


class _Series(msgspec.Struct, rename="pascal"):
    id: str = ""
    label: str = ""
    timestamps: list[Any] = msgspec.field(default_factory=list)
    values: list[Any] = msgspec.field(default_factory=list)
    status_code: str = ""


class _Answer(msgspec.Struct, rename="pascal"):
    metric_data_results: list[_Series] | None = None
    label: str = ""
    datapoints: list[dict[str, Any]] | None = None


def _parse(document: bytes, asked: Asked) -> tuple[Sequence[Reported], Mapping[str, int]]:
    answer = reports.decoded(document, _Answer, "an answer of CloudWatch")
    if answer.metric_data_results is None and answer.datapoints is None:
        raise BodyError("The document has neither MetricDataResults nor Datapoints: it is not CloudWatch's.")
    series = list(answer.metric_data_results or [])
    if answer.datapoints is not None:
        series.append(_of_statistics(answer.label, answer.datapoints))
    skipped: Counter[str] = Counter()
    rows: list[Reported] = []
    period = asked.resolution or _period(series)
    for one in series:
        name = _metric(one)
        if name:
            rows += _rows(name, one, asked.bucket, period)
        else:
            skipped[_NO_METRIC] += len(one.timestamps)
    return reports.merged(rows), dict(skipped)


def _of_statistics(label: str, points: Sequence[dict[str, Any]]) -> _Series:
    kept = [(point.get("Timestamp"), _statistic(point)) for point in points]
    return _Series(label=label, timestamps=[time for time, _ in kept], values=[value for _, value in kept])


def _statistic(point: Mapping[str, Any]) -> Any:
    return next((point[name] for name in _STATISTICS if point.get(name) is not None), None)


def _metric(series: _Series) -> str:
    found = _NAME.search(series.label) or _NAME.search(series.id)
    return _BY_LOWER[found[0].lower()] if found else ""


def _rows(name: str, series: _Series, bucket: str, period: int) -> Iterator[Reported]:
    if len(series.timestamps) != len(series.values):
        raise BodyError(f"The series {series.label!r} has other than one value for each time.")
    metric = METRICS[name]
    for time, value in zip(map(reports.window, series.timestamps), series.values, strict=True):
        yield Reported(
            bucket=bucket,
            time=time,
            resolution=DAY if metric.daily else period,
            operation=name,
            detail=_detail(series.label, name),
            is_total=metric.is_total,
            **_only(metric.column, reports.figure(value)),
        )


def _only(column: str, value: float | None) -> dict[str, Any]:
    return {column: value}


def _period(series: Sequence[_Series]) -> int:
    """The least time between two points of any series: what the period was, unless most of it was quiet."""
    gaps = []
    for one in series:
        ordered = sorted(map(reports.window, one.timestamps))
        gaps += [int((after - before).total_seconds()) for before, after in pairwise(ordered)]
    return min((gap for gap in gaps if gap > 0), default=MINUTE)


def _detail(label: str, name: str) -> str:
    """What a label tells beside the metric: a storage type, a filter."""
    return " ".join(re.sub(name, "", label, flags=re.IGNORECASE).split())[:128]


FORMAT = ReportFormat(
    name="cloudwatch",
    about="Answers of CloudWatch about S3: GetMetricData or GetMetricStatistics.",
    parse=_parse,
)
