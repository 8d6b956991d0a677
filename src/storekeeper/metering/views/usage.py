"""Usage as cards, a chart and tables."""

from collections.abc import Sequence
from operator import attrgetter

from storekeeper.metering.figures import Figures, Group, Mover, Usage
from storekeeper.metering.views.shared import (
    Query,
    View,
    axis,
    card,
    error_rate,
    href,
    padded,
    rfc3339,
    source,
)

SHOWN = [
    {"value": "requests", "label": "Requests"},
    {"value": "uploaded", "label": "Uploaded"},
    {"value": "downloaded", "label": "Downloaded"},
]
_FIELDS = {
    "requests": ("requests", "count"),
    "uploaded": ("bytes_in", "bytes"),
    "downloaded": ("bytes_out", "bytes"),
}
NOBODY = "(nobody)"
ROWS = 10  # of a table of groups; its CSV has all


def usage_cards(found: Usage, span: str) -> list[View]:
    """The figures on top; changes are against the range before."""
    now, before, points = found.totals, found.previous, padded(found)
    told = source(found.provenance, now, span)
    sums = (
        ("Requests", "requests", "count", "neutral"),
        ("Uploaded", "bytes_in", "bytes", "neutral"),
        ("Downloaded", "bytes_out", "bytes", "neutral"),
    )
    cards = [
        card(label, getattr(now, field), getattr(before, field), unit, tone)
        | {"trend": [round(getattr(point, field)) if point else 0 for point in points]}
        | told
        for label, field, unit, tone in sums
    ]
    return [*cards, error_rate(now, [point.error_rate if point else None for point in points]) | told]


def over_time(found: Usage, show: str) -> View:
    """Requests or bytes, stacked by bucket."""
    field, unit = _FIELDS[show]
    times, value = axis(found), attrgetter(field)
    places = {time: place for place, time in enumerate(times)}
    drawn = {name: [0] * len(times) for name in {point.bucket for point in found.bucket_series}}
    for point in found.bucket_series:
        if (place := places.get(point.time)) is not None:
            drawn[point.bucket][place] = round(value(point))
    largest_first = sorted(drawn.items(), key=lambda one: (-sum(one[1]), one[0]))
    return {
        "kind": "area",
        "unit": unit,
        "times": [rfc3339(time) for time in times],
        "series": [{"name": name, "values": values} for name, values in largest_first],
    }


def group_rows(groups: Sequence[Group], whole: Figures, *, kind: str, query: Query) -> list[View]:
    """Rows of a table of groups; buckets and owners lead to what is known of them."""
    return [
        {
            "name": one.name or NOBODY,
            "href": href(kind, one.name, query),
            "requests": round(one.requests),
            "share": min(1.0, one.requests / whole.requests) if whole.requests else 0.0,
            "errors": round(one.errors),
            "bytes_in": round(one.bytes_in),
            "bytes_out": round(one.bytes_out),
        }
        for one in [one for one in groups if one.requests][:ROWS]
    ]


def mover_rows(movers: Sequence[Mover], query: Query) -> list[View]:
    return [
        {
            "kind": one.dimension,
            "name": one.name or NOBODY,
            "href": href(one.dimension, one.name, query),
            "requests": round(one.requests),
            "previous": round(one.previous_requests),
            "change": round(one.change),
        }
        for one in movers
    ]
