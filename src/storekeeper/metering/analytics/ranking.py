"""Which owners do the most: plain statements over the fewest rows that tell it exactly, compared in memory.

What 10,000 owners did in 90 days are 900,000 sums by day. So ranges are read from coarse sums where those fit, and from fine
ones at their edges; of the range before, only what is compared. To have the engine compare and order them takes as long
again as to sum them up, most of it to plan a statement that does so.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from storekeeper.infra.analytics import written
from storekeeper.metering import reckoning
from storekeeper.metering.figures import Question, Span
from storekeeper.metering.sums import FIGURES

SUMS = "owner_sum"
_LONG = ("month", "eighth", "day")
_SHORT = (*_LONG, "quarter", "hour")

# What owners did, as rows of one table say.
_SUMS = "SELECT owner AS name, {columns} FROM {table} WHERE ({spans}) {conditions} {of_all} GROUP BY name {settings}"
_SPAN = "{unit}{table}.time >= toDateTime({{from_{n}:String}}, 'UTC') AND {table}.time < toDateTime({{to_{n}:String}}, 'UTC')"
_UNIT, _OF_ALL = "unit = '{}' AND ", "AND bucket_id = ''"

# Blocks of a megabyte, as rows of so many columns are read in by themselves, take a tenth longer. That no projection fits is found out
# part by part, which takes half a millisecond.
_SETTINGS = "SETTINGS optimize_move_to_prewhere = 0, optimize_use_projections = 0, preferred_block_size_bytes = 16000000"
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
    until: datetime  # where the last unit that it reads ends


def now(question: Question, conditions: str) -> Statement:
    """Owners' sums of the range: {name, requests, …, timed}."""
    return _statement(question, Span(question.window.since, question.window.until), FIGURES, conditions)


def before(question: Question, conditions: str) -> Statement:
    """Owners' requests of the range before: {name, requests}."""
    return _statement(question, Span(question.window.before, question.window.since), _COMPARED, conditions)


def ranked(found: pa.Table, earlier: pa.Table, limit: int) -> list[dict[str, Any]]:
    """Rows of `found` with `previous`, busiest first: the busiest, and those that have changed the most."""
    every = _with_previous(found, earlier)
    places = {place for order in ("requests", "moved") for place in _most(every, order, limit)}
    rows = every.take(pa.array(places, pa.uint64())).to_pylist()
    figures = (*FIGURES, "previous")
    told = [{"name": row["name"], **{name: float(row[name] or 0) for name in figures}} for row in rows]
    return sorted(told, key=lambda row: (-row["requests"], row["name"]))


def _with_previous(found: Any, earlier: Any) -> Any:
    """With `previous` and `moved`; at the end, who did nothing in the range."""
    places: Any = pc.index_in(found["name"], value_set=earlier["name"])
    every = found.append_column("previous", pc.fill_null(earlier["requests"].take(places), 0.0))
    if len(places) - places.null_count < earlier.num_rows:
        every = pa.concat_tables([every, _gone(earlier, places)], promote_options="default")
    requests: Any = pc.fill_null(every["requests"], 0.0)
    moved: Any = pc.abs(pc.subtract(requests, every["previous"]))
    return every.set_column(every.schema.get_field_index("requests"), "requests", requests).append_column(
        "moved", moved
    )


def _gone(earlier: Any, places: Any) -> Any:
    """What of `earlier` is at none of these places, as {name, previous}."""
    every: Any = pa.arange(0, earlier.num_rows)  # type: ignore[attr-defined] # the stubs do not know it
    rest: Any = pc.invert(pc.is_in(every.cast(places.type), value_set=places))
    return earlier.rename_columns(["name", "previous"]).filter(rest)


def _most(every: Any, order: str, limit: int) -> list[int]:
    """Places of rows in a table."""
    places: Any = pc.select_k_unstable(every, limit, [(order, "descending"), ("name", "ascending")])
    found: list[int] = places.to_pylist()
    return found


def _statement(question: Question, span: Span, figures: Sequence[str], conditions: str) -> Statement:
    table, parts = _reads(question, span)
    values: dict[str, str] = {}
    spans = []
    for n, (unit, part) in enumerate(parts):
        values |= {f"from_{n}": written(part.since), f"to_{n}": written(part.until)}
        spans.append(_SPAN.format(unit=_UNIT.format(unit) if unit else "", table=table, n=n))
    sql = _SUMS.format(
        columns=", ".join(f"sum({_term(table, name)}) AS {name}" for name in figures),
        table=table,
        spans=" OR ".join(spans),
        conditions=conditions,
        of_all=_OF_ALL if table == SUMS and question.bucket_id is None else "",
        settings=_SETTINGS,
    )
    return Statement(sql, values, max(part.until for _, part in parts))


def _term(table: str, figure: str) -> str:
    """What of a row counts."""
    return _OF_OPERATIONS[figure] if table == "operation" else f"{table}.{figure}"


def _reads(question: Question, span: Span) -> tuple[str, Sequence[tuple[str, Span]]]:
    """The table that tells it, and its rows: of which unit, empty where it has one only, and when."""
    window = question.window
    is_long = (window.until - window.since).days > 1
    if question.operation is not None:
        return "usage_day" if is_long else "operation", [("", span)]
    if window.step == "minute":
        return "operation", [("", span)]
    if span.until == window.until:
        # Nothing is later, so that the present month is read whole, or the present day.
        last = reckoning.by_month if is_long else reckoning.by_day
        span = Span(span.since, last(span.until).until)
    return SUMS, reckoning.cover(span, _LONG if is_long else _SHORT)
