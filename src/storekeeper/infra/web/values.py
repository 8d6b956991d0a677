"""Numbers on pages: rounded for reading, exact on hover and for machines. A page has thousands, so no template makes them."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import Undefined
from markupsafe import Markup, escape

from storekeeper.kernel import units

_SPECIAL = re.compile("[<>&'\"]")
UNKNOWN = Markup('<span class="unknown" title="No data">–</span>')  # noqa: RUF001 - a dash
_WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "bytes": units.format_bytes,
    "count": units.format_count,
    "percent": units.format_percent,
    "duration": units.format_duration,
}


def written(value: Any, unit: str) -> str:
    """`unit`: bytes, count, percent (ratio 0…1), duration (seconds), or another for what is to stay as it is."""
    return _WRITTEN.get(unit, str)(value)


def amount(value: Any, unit: str = "count") -> Markup:
    """A `data` element, or a dash where nothing is known."""
    return Markup(_element(value, unit))  # noqa: S704 - escaped


def utc(moment: str) -> Markup:
    """RFC 3339 to the minute, as wide as the local time that the page's script puts in its place."""
    return Markup(_utc(moment))  # noqa: S704 - escaped


def chart_rows(payload: Mapping[str, Any], newest: int) -> Markup:
    """Of the table behind a chart: a value of each series beside its moment, the newest of them first, or beside its category."""
    series, unit = [one["values"] for one in payload["series"]], payload["unit"]
    times = payload.get("times")
    heads = (
        [_time(one) for one in times] if times else [_safe(one) for one in payload.get("categories") or ()]
    )
    places = range(len(heads))
    made = [
        f'<tr><th scope="row">{heads[place]}</th>'
        + "".join([f'<td class="number">{_element(values[place], unit)}</td>' for values in series])
        + "</tr>"
        for place in (places[::-1][:newest] if times else places)
    ]
    return Markup("\n".join(made))  # noqa: S704 - escaped


def _time(moment: str) -> str:
    return f'<time datetime="{_safe(moment)}" data-show="local">{_utc(moment)}</time>'


def _utc(moment: str) -> str:
    return f'{_safe(moment[:16].replace("T", " "))}<span class="without-script"> UTC</span>'


def _element(value: Any, unit: str) -> str:
    if unit == "count" and type(value) is int:  # as most are
        return f'<data class="num" value="{value}">{value:,}</data>'
    if value is None or isinstance(value, Undefined):
        return UNKNOWN
    title = ""
    if unit == "bytes":
        title = f' title="{units.format_count(value)} bytes"'
    elif unit == "percent":
        title = f' title="{value * 100} %"'
    return f'<data class="num" value="{_safe(value)}"{title}>{_safe(written(value, unit))}</data>'


def sparkline(values: Sequence[float | None]) -> Markup:
    """A line over evenly spaced values; None is a gap. Nothing for less than two. The figure beside it says the same in words."""
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:
        return Markup("")
    low, step = min(known), 98 / (len(values) - 1)
    scale = 26 / (max(known) - low) if max(known) > low else 0.0
    lift = 0.0 if scale else 13.0
    path, pen, last = [], "M", ""
    for index, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        last = f"{index * step + 1:.1f} {29 - lift - scale * (float(value) - low):.1f}"
        path.append(pen + last)
        pen = "L"
    return Markup(  # noqa: S704 - nothing but numbers
        '<svg class="sparkline" viewBox="0 0 100 32" preserveAspectRatio="none" aria-hidden="true">'
        f'<path vector-effect="non-scaling-stroke" d="{"".join(path)}"/>'
        f'<path class="end" vector-effect="non-scaling-stroke" d="M{last}h0"/></svg>'
    )


def _safe(value: Any) -> str:
    """Escaped where something needs it: a page has thousands of numbers, in which nothing does."""
    text = str(value)
    return str(escape(text)) if _SPECIAL.search(text) else text
