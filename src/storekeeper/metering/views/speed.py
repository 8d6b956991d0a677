"""Performance as cards, charts and a table."""

from collections.abc import Sequence
from itertools import pairwise

from storekeeper.kernel.units import format_duration
from storekeeper.metering.figures import Performance, SpeedGroup
from storekeeper.metering.views.shared import View, axis, card, error_rate, padded, rfc3339, seconds, source


def speed_cards(found: Performance, span: str) -> list[View]:
    """The figures on top of the page of performance."""
    now, before, points = found.totals, found.previous, padded(found)
    told = source(found.provenance, now, span)
    cards = [
        card(label, getattr(now, field), getattr(before, field), "count", tone)
        | {"trend": [round(getattr(point, field)) if point else 0 for point in points]}
        | told
        for label, field, tone in (
            ("Requests", "requests", "neutral"),
            ("Throttled", "throttles", "bad"),
        )
    ]
    latency: View = {
        "label": "p95 latency",
        "value": seconds(now.p95_ms),
        "unit": "duration",
        "note": f"median {_ms(now.p50_ms)}, p99 {_ms(now.p99_ms)}",
        "trend": [point.p95_ms if point else None for point in points],
        **told,
    }
    rate = error_rate(now, [point.error_rate if point else None for point in points]) | told
    return [cards[0], rate, cards[1], latency]


def outcomes(found: Performance) -> View:
    """Requests, errors and throttles over time."""
    points = padded(found)
    return {
        "kind": "line",
        "unit": "count",
        "times": [rfc3339(time) for time in axis(found)],
        "series": [
            {"name": label, "values": [round(getattr(point, field)) if point else 0 for point in points]}
            for label, field in (("Requests", "requests"), ("Errors", "errors"), ("Throttled", "throttles"))
        ],
    }


def latencies(found: Performance) -> View:
    """Quantiles in seconds over time; a gap where there was no operation."""
    points = padded(found)
    return {
        "kind": "line",
        "unit": "duration",
        "times": [rfc3339(time) for time in axis(found)],
        "series": [
            {
                "name": name,
                "values": [seconds(getattr(point, f"{name}_ms")) if point else None for point in points],
            }
            for name in ("p50", "p95", "p99")
        ],
    }


def heat(found: Performance) -> View | None:
    """Time by latency; the fastest row is the first."""
    heat_map = found.heat_map
    if heat_map is None or not found.totals.requests:
        return None
    return {
        "kind": "heat",
        "unit": "count",
        "times": [rfc3339(time) for time in heat_map.times],
        "series": [
            {"name": name, "values": [round(row[place]) for row in heat_map.counts]}
            for place, name in enumerate(_edges(heat_map.edges_ms))
        ],
    }


def operation_rows(groups: Sequence[SpeedGroup]) -> list[View]:
    return [
        {
            "name": one.name,
            "requests": round(one.requests),
            "error_rate": one.error_rate,
            "throttles": round(one.throttles),
            "p50": seconds(one.p50_ms),
            "p95": seconds(one.p95_ms),
            "p99": seconds(one.p99_ms),
        }
        for one in groups
    ]


def _ms(latency: float | None) -> str:
    return "unknown" if latency is None else format_duration(latency / 1000)


def _edges(edges: Sequence[float]) -> list[str]:
    def written(edge: float) -> str:
        return f"{edge:g} ms" if edge < 1000 else f"{edge / 1000:g} s"

    return [
        *(f"{written(low)} to {written(high)}" for low, high in pairwise(edges)),
        f"{written(edges[-1])} and more",
    ]
