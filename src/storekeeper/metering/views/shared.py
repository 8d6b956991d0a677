"""What every page of metering shows in the same way: cards, axes, links."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from storekeeper.metering.figures import Figures, Performance, Point, SpeedPoint, Usage

View = dict[str, Any]
Query = Mapping[str, str]
RANGES = [
    {"value": "1h", "label": "Hour"},
    {"value": "24h", "label": "Day"},
    {"value": "7d", "label": "Week"},
    {"value": "30d", "label": "Month"},
    {"value": "365d", "label": "Year"},
]
_TABS = (
    ("Usage", "/usage"),
    ("Performance", "/performance"),
    ("Activity", "/activity"),
    ("Ingestion", "/ingestion"),
    ("Imports", "/imports"),
)

_WITHOUT_RANGE = ("/ingestion", "/imports")


def tabs(path: str, query: Query) -> list[View]:
    """The pages beside this one, with the same range and bucket."""
    kept = {name: query[name] for name in ("range", "bucket") if query.get(name)}
    tail = f"?{urlencode(kept)}" if kept else ""
    return [
        {"label": label, "href": href if href in _WITHOUT_RANGE else href + tail, "active": path == href}
        for label, href in _TABS
    ]


def provenance(how: str, figures: Figures) -> str:
    """With the standard error where not everything was measured."""
    return f"{how} ± {figures.relative_error * 100:.2g} %" if how == "sampled" else how


def steps(found: Usage | Performance) -> str:
    """What a chart's points are, in words."""
    word = {60: "minutes", 3600: "hours", 86_400: "days (UTC)"}[found.resolution_seconds]
    return f"by whole {word}"


def axis(found: Usage | Performance) -> list[datetime]:
    """Every step of the range. The one under way is left out once there are others: it would look like a fall."""
    step = timedelta(seconds=found.resolution_seconds)
    steps = (found.until - found.since) // step
    last = found.since + step * steps
    whole = any(point.time < last for point in found.series)
    return [found.since + step * index for index in range(steps if whole else steps + 1)]


def padded(found: Any) -> list[Any]:
    """A point for every step of the range; None where there was no operation."""
    known: dict[datetime, Point | SpeedPoint] = {point.time: point for point in found.series}
    return [known.get(time) for time in axis(found)]


def rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds / 1000, 6)


def source(how: str, figures: Figures, span: str) -> View:
    return {"provenance": f"{provenance(how, figures)} · last {span}", "range": f"against the {span} before"}


def card(label: str, now: float, before: float, unit: str, tone: str) -> View:
    change = round(now - before)
    known = (
        {"change": change, "change_ratio": change / before}
        if before
        else {"note": "none before", "change": None}
    )
    return {"label": label, "value": round(now), "unit": unit, "tone": _tone(tone, change), **known}


def error_rate(now: Figures, trend: Sequence[float | None]) -> View:
    rate = now.error_rate if now.requests else None
    return {"label": "Error rate", "value": rate, "unit": "percent", "trend": trend, "note": f"{round(now.errors):,} errors"}  # fmt: skip


def href(kind: str, name: str, query: Query) -> str:
    kept = {key: query[key] for key in ("range", "bucket") if query.get(key)}
    if kind == "owner" and name:
        inside = "" if "/" in name else f"/owners/{quote(name, safe='')}"
        return f"/usage{inside}?{urlencode(kept if inside else kept | {'owner': name})}".removesuffix("?")
    if kind == "bucket" and not name.startswith("("):
        return f"/buckets/{quote(name, safe='')}"
    return ""


def _tone(tone: str, change: float) -> str:
    """What is bad when it grows is good when it shrinks."""
    if tone != "bad" or not change:
        return "neutral"
    return "bad" if change > 0 else "good"
