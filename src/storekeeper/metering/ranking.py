"""Which owners do the most: two plain statements over the fewest rows that tell it exactly, compared in memory.

What 10,000 owners did in 90 days are 900,000 sums by day. So ranges are read from coarse sums where those fit, and from fine
ones at their edges; of the range before, only what is compared. To have the engine compare and order them takes as long
again as to sum them up, most of it to plan a statement that does so.
"""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from storekeeper.infra.analytics import written
from storekeeper.metering import reckoning
from storekeeper.metering.figures import Question, Span
from storekeeper.metering.sums import FIGURES

SUMS = "owner_sum"
_LONG = ("month", "week", "day")
_SHORT = (*_LONG, "quarter", "hour")

# What owners did, as rows of one table say, or of several.
_SUMS = "SELECT owner AS name, {columns} FROM {rows} GROUP BY name {settings}"
_PART = "SELECT owner, {columns} FROM {rows}"
_SPAN = "{unit}{table}.time >= toDateTime({{from_{n}:String}}, 'UTC') AND {table}.time < toDateTime({{to_{n}:String}}, 'UTC')"
_UNIT, _OF_ALL = "unit = '{}' AND ", "AND bucket_id = ''"

# Blocks of a megabyte, as rows of so many columns are read in by themselves, take a tenth longer.
_SETTINGS = "SETTINGS optimize_move_to_prewhere = 0, preferred_block_size_bytes = 16000000"
_COMPARED = FIGURES[:1]
_OF_OPERATIONS = {  # what the sums are made of
    "requests": "weight",
    "samples": "toUInt64(1)",
    "errors": "if(status >= 400, weight, 0)",
    "throttles": "if(status = 429 OR error IN ('SlowDown', 'Throttling', 'TooManyRequests'), weight, 0)",
    "bytes_in": "bytes_in * weight",
    "bytes_out": "bytes_out * weight",
    "latency_sum": "latency_ms * weight",
    "timed": "if(latency_ms > 0, weight, 0)",
}


class Statement(NamedTuple):
    """With its values, but for those of conditions."""

    sql: str
    values: dict[str, str]


class _Read(NamedTuple):
    table: str
    spans: Sequence[tuple[str, Span]]  # of which unit; empty where a table has one only


def now(question: Question, conditions: str) -> Statement:
    """Every owner's sums of the range: {name, requests, …, timed}."""
    return _statement(question, Span(question.window.since, question.window.until), FIGURES, conditions)


def before(question: Question, conditions: str) -> Statement:
    """Every owner's requests of the range before: {name, requests}."""
    return _statement(question, Span(question.window.before, question.window.since), _COMPARED, conditions)


def ranked(found: pa.Table, earlier: pa.Table, limit: int) -> list[dict[str, Any]]:
    """Rows of `found` with `previous`, busiest first: the busiest, and those that have changed the most."""
    every = _with_previous(found, earlier.rename_columns(["name", "previous"]))
    places = {place for order in ("requests", "moved") for place in _most(every, order, limit)}
    rows = every.take(pa.array(places, pa.uint64())).to_pylist()
    figures = (*FIGURES, "previous")
    told = [{"name": row["name"], **{name: float(row[name] or 0) for name in figures}} for row in rows]
    return sorted(told, key=lambda row: (-row["requests"], row["name"]))


def _with_previous(found: Any, earlier: Any) -> Any:
    """With `previous` and `moved`; at the end, who did nothing in the range."""
    previous = earlier["previous"].take(pc.index_in(found["name"], value_set=earlier["name"]))
    gone = earlier.filter(pc.invert(pc.is_in(earlier["name"], value_set=found["name"])))
    every = pa.concat_tables([found.append_column("previous", previous), gone], promote_options="default")
    nothing = pa.scalar(0.0)
    requests: Any = pc.coalesce(every["requests"], nothing)
    moved: Any = pc.abs(pc.subtract(requests, pc.coalesce(every["previous"], nothing)))
    return every.set_column(every.schema.get_field_index("requests"), "requests", requests).append_column(
        "moved", moved
    )


def _most(every: Any, order: str, limit: int) -> list[int]:
    """Places of rows in a table."""
    places: Any = pc.select_k_unstable(every, limit, [(order, "descending"), ("name", "ascending")])
    found: list[int] = places.to_pylist()
    return found


def _statement(question: Question, span: Span, figures: Sequence[str], conditions: str) -> Statement:
    values: dict[str, str] = {}
    places, rows = count(), {}
    for read in _reads(question, span):
        spans = []
        for (unit, part), n in zip(read.spans, places, strict=False):
            values |= {f"from_{n}": written(part.since), f"to_{n}": written(part.until)}
            spans.append(_SPAN.format(unit=_UNIT.format(unit) if unit else "", table=read.table, n=n))
        of_all = _OF_ALL if read.table == SUMS and question.bucket_id is None else ""
        rows[read.table] = f"{read.table} WHERE ({' OR '.join(spans)}) {conditions} {of_all}"
    if len(rows) == 1:
        ((table, source),) = rows.items()
        terms = _terms(table, figures)
    else:
        parts = (
            _PART.format(columns=_named(_terms(table, figures)), rows=part) for table, part in rows.items()
        )
        source = f"({' UNION ALL '.join(parts)}) AS part"
        terms = {name: f"part.{name}" for name in figures}
    sums = {name: f"sum({term})" for name, term in terms.items()}
    return Statement(_SUMS.format(columns=_named(sums), rows=source, settings=_SETTINGS), values)


def _terms(table: str, figures: Sequence[str]) -> dict[str, str]:
    """What of a row counts, by figure."""
    return {name: _OF_OPERATIONS[name] if table == "operation" else f"{table}.{name}" for name in figures}


def _named(terms: Mapping[str, str]) -> str:
    return ", ".join(f"{term} AS {name}" for name, term in terms.items())


def _reads(question: Question, span: Span) -> list[_Read]:
    window = question.window
    is_long = (window.until - window.since).days > 1
    if question.operation is not None:
        return [_Read("usage_day" if is_long else "operation", [("", span)])]
    if window.step == "minute":
        return [_Read("operation", [("", span)])]
    if span.until == window.until:
        # Nothing is later, so that the present month is read whole, or the present day.
        whole = reckoning.by_month if is_long else reckoning.by_day
        span = Span(span.since, whole(span.until).until)
    if is_long or question.bucket_id is None:
        return [_Read(SUMS, reckoning.cover(span, _LONG if is_long else _SHORT))]
    today = reckoning.by_day(window.until)  # sums by the hour tell no buckets
    if span.until == today.until and span.since < today.since:
        return [_Read("operation", [("", Span(span.since, today.since))]), _Read(SUMS, [("day", today)])]
    return [_Read("operation", [("", span)])]
