"""Uptime as bars of days, a table and an error budget."""

from datetime import datetime

from storekeeper.health.model import BucketUptime, DayUptime, ErrorBudget, StatusChange
from storekeeper.health.views.shared import View, bucket_href
from storekeeper.kernel.units import format_duration, format_percent

HEIGHT = 32
# The taller, the worse: the bars tell without their colors, too.
_SHAPES = {"bad": HEIGHT, "warn": 26, "good": 20, "none": 6}
_STEP, _WIDTH = 4, 3


def uptime_view(found: BucketUptime) -> View:
    """Bars, the oldest day at the left, and the table behind them, the newest day first."""
    days = list(found.days)
    down = sum(1 for day in days if day.unhealthy)
    dark = sum(1 for day in days if day.uptime is None)
    share = "unknown" if found.uptime is None else format_uptime(found.uptime)
    return {
        "name": found.bucket,
        "href": bucket_href(found.bucket),
        "uptime": found.uptime,
        "share": share,
        "width": len(days) * _STEP,
        "height": HEIGHT,
        "bars": [_bar(place, day) for place, day in enumerate(days)],
        "label": f"Uptime of {found.bucket} in {len(days)} days: {share}; unhealthy on {down}, no data on {dark}",
        "days": [_day(day) for day in reversed(days) if day.uptime is not None],
        "down": down,
        "degraded_seconds": sum(day.degraded for day in days),
        "unhealthy_seconds": sum(day.unhealthy for day in days),
    }


def budget_view(found: ErrorBudget) -> View:
    """The error budget with a verdict in words."""
    if found.left < 0:
        words, tone = "overdrawn", "bad"
    elif found.left < 0.25:
        words, tone = "less than a quarter left", "warn"
    else:
        words, tone = "in budget", "good"
    return {
        "objective": f"{found.objective * 100:g} %",
        "allowed": found.allowed_seconds,
        "spent": found.spent_seconds,
        "left": found.left,
        "words": words,
        "tone": tone,
    }


def format_uptime(share: float) -> str:
    """With as many digits as a promise has: 0.99954 is `"99.95 %"`, and only all of it is `"100 %"`."""
    return "100 %" if share == 1 else f"{min(int(share * 10000) / 100, 99.99):.2f} %"


def outages(found: list[StatusChange], since: datetime, now: datetime) -> list[View]:
    """Spans in which a bucket was unhealthy, as marks of a chart; `found` are its changes in order of time."""
    ends = [change.at for change in found[1:]] + [now] * bool(found)
    return [
        {"time": max(change.at, since), "until": end, "label": "unhealthy", "kind": "incident"}
        for change, end in zip(found, ends, strict=True)
        if change.after == "unhealthy" and end > since
    ]


def _tone(day: DayUptime) -> str:
    if day.uptime is None:
        return "none"
    if day.unhealthy:
        return "bad"
    return "warn" if day.degraded else "good"


def _bar(place: int, day: DayUptime) -> View:
    tone = _tone(day)
    return {
        "x": place * _STEP,
        "y": HEIGHT - _SHAPES[tone],
        "width": _WIDTH,
        "height": _SHAPES[tone],
        "tone": tone,
        "title": f"{day.day}: {_words(day)}",
    }


def _words(day: DayUptime) -> str:
    if day.uptime is None:
        return "no data"
    parts = [f"{format_uptime(day.uptime)} up"]
    parts += [
        f"{format_duration(seconds)} {word}"
        for seconds, word in ((day.unhealthy, "unhealthy"), (day.degraded, "degraded"))
        if seconds
    ]
    return ", ".join(parts)


def _day(day: DayUptime) -> View:
    known = day.healthy + day.degraded + day.unhealthy
    return {
        "day": day.day.isoformat(),
        "share": format_uptime(day.uptime) if day.uptime is not None else "",
        "degraded": day.degraded,
        "unhealthy": day.unhealthy,
        "known": format_percent(known / (known + day.unknown)) if known + day.unknown else "",
    }
