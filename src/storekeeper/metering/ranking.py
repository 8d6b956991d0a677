"""Which owners do the most: one statement over the fewest rows that tell it exactly.

What 10,000 owners did in 90 days are 900,000 sums by day. So ranges are read from coarse sums where those fit, and from fine
ones at their edges; of the range before, only what is compared.
"""

from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from storekeeper.infra.analytics import written
from storekeeper.metering import reckoning
from storekeeper.metering.figures import Question, Span

# Owners that do the most or have changed the most against the range before.
OWNERS = """
SELECT name, requests, samples, errors, throttles, bytes_in, bytes_out, latency_sum, timed, previous
FROM
(
    SELECT *, row_number() OVER (ORDER BY requests DESC, name) AS place,
        row_number() OVER (ORDER BY abs(requests - previous) DESC, name) AS moved
    FROM
    (
        SELECT owner AS name, sum(requests_) AS requests, sum(samples_) AS samples, sum(errors_) AS errors,
            sum(throttles_) AS throttles, sum(bytes_in_) AS bytes_in, sum(bytes_out_) AS bytes_out,
            sum(latency_sum_) AS latency_sum, sum(timed_) AS timed, sum(previous_) AS previous
        FROM ({parts}) GROUP BY name
    )
)
WHERE place <= {{limit:UInt32}} OR moved <= {{limit:UInt32}}
ORDER BY requests DESC, name LIMIT 100000 SETTINGS optimize_move_to_prewhere = 0"""

_PART = "SELECT owner, {columns} FROM {table} WHERE ({spans}) {conditions}"
_SPAN = "{table}.time >= toDateTime({{from_{n}:String}}, 'UTC') AND {table}.time < toDateTime({{to_{n}:String}}, 'UTC')"
_SUMMED = ("requests", "samples", "errors", "throttles", "bytes_in", "bytes_out", "latency_sum", "timed")
_OF_SUMS = {name: f"{{table}}.{name}" for name in _SUMMED}
_OF_OPERATIONS = {  # as the sums are made of them
    "requests": "weight",
    "samples": "1",
    "errors": "if(status >= 400, weight, 0)",
    "throttles": "if(status = 429 OR error IN ('SlowDown', 'Throttling', 'TooManyRequests'), weight, 0)",
    "bytes_in": "bytes_in * weight",
    "bytes_out": "bytes_out * weight",
    "latency_sum": "latency_ms * weight",
    "timed": "if(latency_ms > 0, weight, 0)",
}


_NOW = "{table}.time >= toDateTime({{since:String}}, 'UTC')"


class _Read(NamedTuple):
    """Spans of a table: of the range, of the one before, or, if `is_before` is None, of both."""

    table: str
    spans: list[Span]
    is_before: bool | None


def of_owners(question: Question, conditions: str) -> tuple[str, dict[str, str]]:
    """The statement and its values, but for those of the conditions and the `limit`."""
    reads, values = _reads(question), {"since": written(question.window.since)}
    for place, span in enumerate(span for read in reads for span in read.spans):
        values |= {f"from_{place}": written(span.since), f"to_{place}": written(span.until)}
    places, parts = count(), []
    for read in reads:
        spans = " OR ".join(_SPAN.format(table=read.table, n=next(places)) for _ in read.spans)
        columns = ", ".join(_columns(read))
        parts.append(_PART.format(columns=columns, table=read.table, spans=spans, conditions=conditions))
    return OWNERS.format(parts=" UNION ALL ".join(parts)), values


def _columns(read: _Read) -> Iterator[str]:
    """Of the range before only what is compared; the rest is not even read."""
    source = _OF_OPERATIONS if read.table == "operation" else _OF_SUMS
    is_now = {True: "false", False: "true", None: _NOW.format(table=read.table)}[read.is_before]
    for name in _SUMMED:
        value = source[name].format(table=read.table)
        yield f"{'toUInt64' if name == 'samples' else 'toFloat64'}(if({is_now}, {value}, 0)) AS {name}_"
    yield f"toFloat64(if({is_now}, 0, {source['requests'].format(table=read.table)})) AS previous_"


def _reads(question: Question) -> list[_Read]:
    """The week that the present is in is read whole: nothing is later."""
    window = question.window
    if (window.until - window.since).days > 1 and question.bucket_id is None and question.operation is None:
        covers = (
            reckoning.cover(Span(window.before, window.since)),
            reckoning.cover(Span(window.since, reckoning.by_week(window.until).until)),
        )
        reads = [
            _Read(table, spans, is_before)
            for found, is_before in zip(covers, (True, False), strict=True)
            for table, spans in (("owner_week", found.weeks), ("owner_day", found.days))
        ]
        return [read for read in reads if read.spans]
    return [_Read(_table_of(question), [Span(window.before, window.until)], None)]


def _table_of(question: Question) -> str:
    window = question.window
    if (window.until - window.since).days > 1:
        return "bucket_owner_day" if question.operation is None else "usage_day"
    by_hour = window.step == "hour" and question.operation is None and question.bucket_id is None
    return "owner_hour" if by_hour else "operation"
