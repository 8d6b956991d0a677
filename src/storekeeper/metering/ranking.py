"""Which owners do the most: two plain statements over the fewest rows that tell it exactly, compared in memory.

What 10,000 owners did in 90 days are 900,000 sums by day. So ranges are read from coarse sums where those fit, and from fine
ones at their edges; of the range before, only what is compared. To have the engine compare and order them takes as long
again as to sum them up, most of it to plan a statement that does so.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from storekeeper.infra.analytics import UNPACKED, written
from storekeeper.metering import reckoning
from storekeeper.metering.figures import Question, Span
from storekeeper.metering.sums import FIGURES, added

# What owners did, as rows of one table say, or of several.
_SUMS = "SELECT owner AS name, {columns} FROM {rows} GROUP BY name {settings}"
_PART = "SELECT owner, {columns} FROM {rows}"
_ROWS = "{table} WHERE ({spans}) {conditions}"
_SPAN = "{table}.time >= toDateTime({{from_{n}:String}}, 'UTC') AND {table}.time < toDateTime({{to_{n}:String}}, 'UTC')"

_SETTINGS = f"SETTINGS optimize_move_to_prewhere = 0, {UNPACKED}"
_COMPARED = FIGURES[:1]
_OF_OPERATIONS = {  # as the sums are made of them
    "requests": "sum(weight)",
    "samples": "count()",
    "errors": "sumIf(weight, status >= 400)",
    "throttles": "sumIf(weight, status = 429 OR error IN ('SlowDown', 'Throttling', 'TooManyRequests'))",
    "bytes_in": "sum(bytes_in * weight)",
    "bytes_out": "sum(bytes_out * weight)",
    "latency_sum": "sum(latency_ms * weight)",
    "timed": "sumIf(weight, latency_ms > 0)",
}


class Statement(NamedTuple):
    """With its values, but for those of conditions."""

    sql: str
    values: dict[str, str]


class _Read(NamedTuple):
    table: str
    spans: Sequence[Span]


def now(question: Question, conditions: str) -> Statement:
    """Every owner's sums of the range: {name, requests, …, timed}."""
    return _statement(
        _reads(question, Span(question.window.since, question.window.until)), FIGURES, conditions
    )


def before(question: Question, conditions: str) -> Statement:
    """Every owner's requests of the range before: {name, requests}."""
    window = question.window
    return _statement(_reads(question, Span(window.before, window.since)), _COMPARED, conditions)


def ranked(found: pa.Table, earlier: pa.Table, limit: int) -> list[dict[str, Any]]:
    """Rows of `found` with `previous`, busiest first: the busiest, and those that have changed the most."""
    both = pa.concat_tables([found, earlier.rename_columns(["name", "previous"])], promote_options="default")
    figures = (*FIGURES, "previous")
    sums = added(both, ["name"], figures)
    requests, previous = (pc.coalesce(sums[name], pa.scalar(0.0)) for name in ("requests", "previous"))
    every = pa.table({
        "name": sums["name"], "requests": requests, "moved": pc.abs(pc.subtract(requests, previous))
    })  # fmt: skip
    places = {place for order in ("requests", "moved") for place in _most(every, order, limit)}
    rows = [
        {"name": row["name"], **{name: float(row[name] or 0) for name in figures}}
        for row in sums.take(pa.array(places, pa.uint64())).to_pylist()
    ]
    return sorted(rows, key=lambda row: (-row["requests"], row["name"]))


def _most(every: Any, order: str, limit: int) -> list[int]:
    """Places of rows in a table."""
    places: Any = pc.select_k_unstable(every, limit, [(order, "descending"), ("name", "ascending")])
    found: list[int] = places.to_pylist()
    return found


def _statement(reads: Sequence[_Read], figures: Sequence[str], conditions: str) -> Statement:
    values: dict[str, str] = {}
    places, rows = count(), {}
    for read in reads:
        spans = []
        for span, place in zip(read.spans, places, strict=False):
            values |= {f"from_{place}": written(span.since), f"to_{place}": written(span.until)}
            spans.append(_SPAN.format(table=read.table, n=place))
        rows[read.table] = _ROWS.format(table=read.table, spans=" OR ".join(spans), conditions=conditions)
    if len(rows) == 1:
        table, source = rows.popitem()
    else:
        parts = (_PART.format(columns=", ".join(figures), rows=part) for part in rows.values())
        table, source = "part", f"({' UNION ALL '.join(parts)}) AS part"
    return Statement(_SUMS.format(columns=_columns(table, figures), rows=source, settings=_SETTINGS), values)


def _columns(table: str, figures: Sequence[str]) -> str:
    source = _OF_OPERATIONS if table == "operation" else {name: f"sum({table}.{name})" for name in figures}
    return ", ".join(f"{source[name]} AS {name}" for name in figures)


def _reads(question: Question, span: Span) -> list[_Read]:
    window = question.window
    if (window.until - window.since).days > 1 and question.operation is None:
        if span.until == window.until:  # nothing is later, so that the present week is read whole
            span = Span(span.since, reckoning.by_week(span.until).until)
        cover = reckoning.cover(span)
        sums = "owner" if question.bucket_id is None else "bucket_owner"
        reads = [_Read(f"{sums}_week", cover.weeks), _Read(f"{sums}_day", cover.days)]
        return [read for read in reads if read.spans]
    return [_Read(_table_of(question), [span])]


def _table_of(question: Question) -> str:
    window = question.window
    if (window.until - window.since).days > 1:
        return "usage_day"
    by_hour = window.step == "hour" and question.operation is None and question.bucket_id is None
    return "owner_hour" if by_hour else "operation"
