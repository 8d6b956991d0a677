"""What statements have in common: the range that they are of, their conditions, and how they are asked."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from storekeeper.infra.analytics import Analytics, written
from storekeeper.metering.figures import Question
from storekeeper.metering.sums import FIGURES

MOST = 100_000  # rows of an answer, far beyond what its groups can make
SMALL = "SETTINGS optimize_move_to_prewhere = 0"  # of sums: to filter before the rest is read takes longer than it saves
SUMS = ", ".join(f"sum({name}) AS {name}" for name in FIGURES)
# Statements are filled twice: with names by `ask`, with values by the engine.
SINCE, OVER = (f"toDateTime({{{{{name}:String}}}}, 'UTC')" for name in ("since", "over"))
WHERE = "{table}.time >= toDateTime({{before:String}}, 'UTC') AND {table}.time < toDateTime({{until:String}}, 'UTC') {conditions}"
_CONDITIONS = {
    "bucket_id": "bucket_id = {bucket_id:String}",
    "owner": "owner = {owner:String}",
    "operation": "operation = {operation:String}",
}
_NO_NAMES: Mapping[str, str] = {}
Rows = list[dict[str, Any]]


def ask(
    engine: Analytics,
    sql: str,
    question: Question,
    table: str,
    *,
    only_current: bool = False,
    names: Mapping[str, str] = _NO_NAMES,
    settings: str = "",
    **values: Any,
) -> pa.Table:
    """What a statement tells of a table, of the range and the one before it or `only_current`; `names` may have names in them."""
    asked = given(question)
    known = {"table": table, "conditions": conditions(asked)}
    filled = {name: text.format(**known) for name, text in names.items()}
    window = question.window
    first = window.since if only_current else window.before
    values |= {"before": written(first), "until": written(window.until)}
    if "{since:" in sql:
        values["since"] = written(window.since)
    return engine.table(sql.format(**known, **filled) + settings, **values, **asked)


def given(question: Question) -> dict[str, str]:
    """Values of the conditions that are asked for."""
    return {name: value for name in _CONDITIONS if (value := getattr(question, name)) is not None}


def conditions(given: Mapping[str, str]) -> str:
    return "".join(f" AND {_CONDITIONS[name]}" for name in given)


def table_of(question: Question) -> str:
    """The sums without owners have few rows; those with owners are read for one owner only."""
    return f"{'traffic' if question.owner is None else 'usage'}_{question.window.step}"
