"""Numbers on pages: rounded for reading, exact on hover and for machines. A page has thousands, so no template makes them."""

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Undefined
from markupsafe import Markup, escape

from storekeeper.kernel import units

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
    if value is None or isinstance(value, Undefined):
        return UNKNOWN
    title = ""
    if unit == "bytes":
        title = f' title="{units.format_count(value)} bytes"'
    elif unit == "percent":
        title = f' title="{value * 100} %"'
    return Markup(f'<data class="num" value="{escape(value)}"{title}>{escape(written(value, unit))}</data>')  # noqa: S704 - escaped
