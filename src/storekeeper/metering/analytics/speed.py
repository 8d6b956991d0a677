"""How fast it was answered: quantiles and sums over time, by operation and in all, the last day's pulse, and the map of latency."""

from datetime import timedelta
from functools import partial

import msgspec

from storekeeper.infra.analytics import Analytics
from storekeeper.metering.analytics.asking import MOST, SINCE, SMALL, SUMS, WHERE, Rows, ask, table_of
from storekeeper.metering.figures import Question
from storekeeper.metering.reckoning import EDGES_MS, floor

# Latency quantiles and sums of a range, over time, by operation and in all. To plan a name for each quantile takes two milliseconds.
_SPEED = f"""
SELECT
    grouping(moment, operation) AS apart, true AS current, toUnixTimestamp({{table}}.time) AS moment, operation, {SUMS},
    quantilesBFloat16WeightedMerge(0.5, 0.95, 0.99)(latency) AS quantiles
FROM {{table}} WHERE {WHERE}
GROUP BY GROUPING SETS ((moment), (operation), ()) LIMIT {MOST} {SMALL}"""
_SPEED_KINDS = {0b01: "time", 0b10: "operation", 0b11: "all"}

# Of the range before, sums in all: latency takes long to read.
_SPEED_BEFORE = f"SELECT false AS current, {SUMS} FROM {{table}} WHERE {WHERE} {SMALL}"

# The last day by hour and in all, with what was written and read.
_PULSE = f"""
SELECT
    grouping(moment) AS apart, {{table}}.time >= {SINCE} AS current, toUnixTimestamp({{table}}.time) AS moment, {SUMS},
    sumIf({{table}}.requests - {{table}}.errors, operation IN ('PutObject', 'PostObject', 'CompleteMultipartUpload', 'CopyObject'))
        AS uploads,
    sumIf({{table}}.requests - {{table}}.errors, operation = 'GetObject') AS downloads,
    quantilesBFloat16WeightedMergeIf(0.5, 0.95, 0.99)(latency, current) AS quantiles
FROM {{table}} WHERE {WHERE}
GROUP BY GROUPING SETS ((current, moment), (current)) LIMIT {MOST} {SMALL}"""
_PULSE_KINDS = {0: "time", 1: "all"}

# How many operations took how long, by step of time and lower edge in milliseconds; of one owner or one operation, from single
# operations.
_STEP = "intDiv(toUInt32({table}.time), {{seconds:UInt32}}) * {{seconds:UInt32}}"
_HEAT = f"""
SELECT {_STEP} AS moment, edge, sum({{table}}.requests) AS requests
FROM {{table}} WHERE {WHERE} GROUP BY moment, edge LIMIT {MOST} {SMALL}"""
_HEAT_OF_FEW = f"""
SELECT {_STEP} AS moment, roundDown(toUInt32(latency_ms), {list(EDGES_MS)}) AS edge, sum(weight) AS requests
FROM {{table}} WHERE {WHERE} AND latency_ms > 0 GROUP BY moment, edge LIMIT {MOST}"""


def speed(engine: Analytics, question: Question) -> dict[str, Rows]:
    """See `MeteringAnalytics.speed`."""
    table, window = _table_of(question), question.window
    earlier = msgspec.structs.replace(window, since=window.before, until=window.since)
    asked = msgspec.structs.replace(question, window=earlier)
    before = engine.beside(partial(ask, engine, _SPEED_BEFORE, asked, table, only_current=True))
    rows = ask(engine, _SPEED, question, table, only_current=True).to_pylist()
    found = _by_kind(rows, _SPEED_KINDS)
    found["all"] += before.result().to_pylist()
    return found


def pulse(engine: Analytics, question: Question) -> dict[str, Rows]:
    """See `MeteringAnalytics.pulse`."""
    return _by_kind(ask(engine, _PULSE, question, _table_of(question)).to_pylist(), _PULSE_KINDS)


def heat(engine: Analytics, question: Question, step: timedelta) -> Rows:
    """See `MeteringAnalytics.heat`."""
    window = msgspec.structs.replace(question.window, since=floor(question.window.since, step))
    asked, seconds = msgspec.structs.replace(question, window=window), int(step.total_seconds())
    of_all = question.owner is None and question.operation is None
    sql, table = (_HEAT, "heat_map") if of_all else (_HEAT_OF_FEW, "operation")
    found: Rows = ask(engine, sql, asked, table, only_current=True, seconds=seconds).to_pylist()
    return found


def _table_of(question: Question) -> str:
    """Latency takes long to add up, so there are sums with nothing but the operation beside it."""
    if question.owner is None and question.bucket_id is None:
        return f"speed_{question.window.step}"
    return table_of(question)


def _by_kind(rows: Rows, kinds: dict[int, str]) -> dict[str, Rows]:
    found: dict[str, Rows] = {kind: [] for kind in kinds.values()}
    for row in rows:
        found[kinds[row["apart"]]].append(row)
    return found
