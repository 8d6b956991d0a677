"""All buckets: cards, the grid of buckets and operations, and how the monitor is doing."""

from collections import Counter
from collections.abc import Sequence

from storekeeper.health.model import BucketHealth, MonitorStats, OperationHealth, ProbeCost, Status
from storekeeper.health.views.shared import (
    HERE,
    LETTERS,
    STATUS_TONES,
    View,
    breaker_word,
    bucket_href,
    seconds,
)
from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import State

_WORST_FIRST = (Status.UNHEALTHY, Status.DEGRADED, Status.UNKNOWN, Status.HEALTHY)


def board_cards(found: Sequence[BucketHealth], cost: ProbeCost) -> list[View]:
    """How many buckets are how, how many breakers are open, and what checks cost."""
    counts = Counter(one.status for one in found)
    cards: list[View] = [
        {
            "label": status.capitalize(),
            "value": counts[status],
            "unit": "count",
            "suffix": f"of {len(found):,}",
            "href": f"{HERE}?status={status}",
        }
        for status in (Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY)
    ]
    cards[0]["note"] = f"{counts[Status.UNKNOWN]:,} unknown" if counts[Status.UNKNOWN] else ""
    breakers = {
        "label": "Open breakers",
        "value": open_breakers(found),
        "unit": "count",
        "note": "half-open ones included",
    }
    requests = {
        "label": "Probe requests a month",
        "value": cost.class_a + cost.class_b,
        "unit": "count",
        "note": f"{cost.class_a:,} class A",
        "provenance": "estimated from the settings",
    }
    return [*cards, breakers, requests]


def open_breakers(found: Sequence[BucketHealth]) -> int:
    return sum(one.breaker is not State.CLOSED for one in found)


def chosen(found: Sequence[BucketHealth], status: str, text: str) -> list[BucketHealth]:
    """Those of a status whose name has the text in it, the worst first."""
    kept = [one for one in found if status in ("", one.status) and text.casefold() in one.bucket.casefold()]
    return sorted(
        kept, key=lambda one: (_WORST_FIRST.index(one.status), one.breaker is State.CLOSED, one.bucket)
    )


def operations_of(found: Sequence[BucketHealth]) -> list[ProbeOperation]:
    """The columns of the grid: what is tested of any of these."""
    tested = {one.operation for bucket in found for one in bucket.operations}
    return [one for one in ProbeOperation if one in tested]


def board_rows(found: Sequence[BucketHealth]) -> list[View]:
    """Rows of the grid; a cell is none where the operation is not tested."""
    columns = operations_of(found)
    return [_row(one, columns) for one in found]


def monitor_view(stats: MonitorStats, buckets: int) -> View:
    """How the monitor itself is doing."""
    if not stats.running:
        words, tone = "stopped", "warn"
    elif stats.last_error:
        words, tone = "running, records wait", "warn"
    else:
        words, tone = "running", "good"
    return {
        "words": words,
        "tone": tone,
        "running": stats.running,
        "last_error": stats.last_error,
        "facts": [
            {
                "label": "Buckets checked",
                "value": stats.buckets,
                "unit": "count",
                "suffix": f"of {buckets:,}",
            },
            {"label": "Rounds since the start", "value": stats.rounds, "unit": "count"},
            {"label": "Under way", "value": stats.under_way, "unit": "count"},
            {"label": "Missed", "value": stats.missed, "unit": "count"},
            {"label": "Late by (p99)", "value": seconds(stats.drift_p99_ms), "unit": "duration"},
            {"label": "Waiting to be counted", "value": stats.waiting, "unit": "count"},
        ],
    }


def cell(one: OperationHealth, *, known: bool) -> View:
    """An operation as it was in its last check; what is not `known` any more has no color."""
    word, tone = LETTERS[one.recent[-1]] if one.recent else LETTERS["u"]
    return {
        "operation": one.operation.upper(),
        "word": word,
        "tone": tone if known else "neutral",
        "latency": seconds(one.latency_ms) if one.recent else None,
        "problem": one.problem if one.streak else "",
    }


def _row(one: BucketHealth, columns: Sequence[ProbeOperation]) -> View:
    cells = {each.operation: cell(each, known=one.status is not Status.UNKNOWN) for each in one.operations}
    breaker, breaker_tone = breaker_word(one.breaker, one.mode)
    return {
        "name": one.bucket,
        "href": bucket_href(one.bucket),
        "status": one.status,
        "tone": STATUS_TONES[one.status],
        "reason": one.reason,
        "since": one.since,
        "checked_at": one.checked_at,
        "monitored": one.monitored,
        "cells": [cells.get(operation) for operation in columns],
        "breaker": breaker,
        "breaker_tone": breaker_tone,
    }
