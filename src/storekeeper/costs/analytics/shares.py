"""Every owner's share of a month's charges, by the rule of `rules/sharing.py`: rates are made here, and SQL multiplies them in one pass."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa

from storekeeper.costs.analytics.parts import Column, by_kind, parts
from storekeeper.costs.analytics.places import Places
from storekeeper.costs.analytics.replacing import Replacing
from storekeeper.costs.analytics.weights import SOURCES, Source, Weights
from storekeeper.costs.rules.sharing import rate
from storekeeper.infra.analytics import Analytics

_AT_ONCE = 1000  # rows that are parameters of a statement

# What of a month is shared, each by the weights of its bucket, storage class and operation.
TOTALS = """
SELECT bucket_id, storage_class, operation, kind, basis, currency, sum(amount) AS total
FROM cost_charge WHERE day >= {since:Date} AND day < {until:Date} AND amount IS NOT NULL
GROUP BY bucket_id, storage_class, operation, kind, basis, currency HAVING total != 0
ORDER BY bucket_id, storage_class, operation, kind, basis, currency LIMIT 1000000"""

# What parts come to, how large somebody's largest one is, and what nobody's are.
SHARED = """
SELECT bucket_id, storage_class, kind, currency, sum(part) AS shared, maxIf(abs(part), owner != '') AS largest,
    sumIf(part, owner = '') AS unowned
FROM cost_owner_next ARRAY JOIN buckets AS bucket_id, amounts AS part
GROUP BY bucket_id, storage_class, kind, currency LIMIT 1000000"""

# Whose the largest parts are; of several, the first by name.
LARGEST = """
SELECT bucket_id, storage_class, kind, currency, abs(part) AS size, min(owner) AS first
FROM cost_owner_next ARRAY JOIN buckets AS bucket_id, amounts AS part
WHERE size IN {sizes:Array(UInt64)} AND owner != ''
GROUP BY bucket_id, storage_class, kind, currency, size LIMIT 1000000"""

# Parts that are not made of weights.
STORE_OTHERS = """
INSERT INTO cost_owner_next
SELECT {since:Date}, owner, storage_class, kind, currency, amount, [bucket_id], [amount]
FROM
(
    SELECT {buckets:Array(String)} AS bucket_id, {classes:Array(String)} AS storage_class, {kinds:Array(String)} AS kind,
        {currencies:Array(String)} AS currency, {owners:Array(String)} AS owner, {amounts:Array(Int64)} AS amount
)
ARRAY JOIN bucket_id, storage_class, kind, currency, owner, amount"""

_RATES = """
CREATE TABLE cost_rate_next (source LowCardinality(String), place UInt32, number UInt16, rate String)
ENGINE = Memory"""
_DROP_RATES = "DROP TABLE IF EXISTS cost_rate_next"
_RATE: list[tuple[str, pa.DataType]] = [
    ("source", pa.string()),
    ("place", pa.uint32()),
    ("number", pa.uint16()),
    ("rate", pa.string()),
]
Row = dict[str, Any]


class Line(NamedTuple):
    """What parts add up to."""

    bucket_id: str
    storage_class: str
    kind: str
    currency: str


def share(engine: Analytics, weights: Weights) -> None:
    """Replace everybody's shares of a month by those of its charges as they are stored."""
    month = {name: weights.parameters[name] for name in ("since", "until")}
    totals = engine.rows(TOTALS, **month)
    with Replacing(engine, "cost_owner", month["since"]) as replacing:
        _share_by_weights(engine, weights, totals)
        for rows in _pieces(_others(engine, weights, totals)):
            engine.command(STORE_OTHERS, since=month["since"], **rows)
        replacing.done()


def _share_by_weights(engine: Analytics, weights: Weights, totals: Sequence[Row]) -> None:
    """Each source begins when its weights are known, beside those before it."""
    engine.command(_DROP_RATES)
    engine.command(_RATES)
    sharing: list[Future[None]] = []
    try:
        for source in SOURCES:
            if not (columns := _columns(source, totals)):
                continue
            places = Places(source, weights)
            if rates := list(_rates(source, weights, places, columns, totals)):
                engine.insert("cost_rate_next", pa.Table.from_pylist(rates, schema=pa.schema(_RATE)))
                sharing.append(engine.beside(partial(_share, engine, weights, source, places, columns)))
    finally:
        failed = [error for part in sharing if (error := part.exception())]
        engine.command(_DROP_RATES)
    if failed:
        raise failed[0]


def _share(
    engine: Analytics, weights: Weights, source: Source, places: Places, columns: Sequence[Column]
) -> None:
    kinds = list(by_kind(source, columns))
    engine.command(
        parts(source, places, weights.shelves, columns, engine.half),
        source=source.name,
        kinds=[kind for kind, _ in kinds],
        currencies=[currency for _, currency in kinds],
        **weights.parameters,
        **places.parameters,
    )


def _columns(source: Source, totals: Sequence[Row]) -> list[Column]:
    used = (row for row in totals if row["basis"] in source.weights)
    return sorted({Column(row["kind"], row["currency"], row["basis"]) for row in used})


def _rates(
    source: Source, weights: Weights, places: Places, columns: Sequence[Column], totals: Sequence[Row]
) -> Iterator[Row]:
    for row in totals:
        if whole := weights.whole(source, row):
            yield {
                "source": source.name,
                "place": places.number(row),
                "number": columns.index(Column(row["kind"], row["currency"], row["basis"])),
                "rate": str(rate(row["total"], whole)),
            }


def _others(engine: Analytics, weights: Weights, totals: Sequence[Row]) -> Iterator[tuple[Line, str, int]]:
    """(line, owner, amount): what nobody has a weight in, and what is left by cutting parts to whole nano-units."""
    left: dict[Line, int] = defaultdict(int)
    unowned: dict[Line, int] = defaultdict(int)
    for row in totals:
        line = _line(row)
        left[line] += row["total"]
        unowned[line] += 0 if any(weights.whole(source, row) for source in SOURCES) else row["total"]
    parts = {_line(row): row for row in engine.rows(SHARED)}
    for line, amount in unowned.items():
        left[line] -= amount + (parts[line]["shared"] if line in parts else 0)
        if amount:
            yield line, "", amount
    rests = {line: rest for line, rest in left.items() if rest}
    owners = _largest(engine, {line: parts[line] for line in rests if line in parts}, unowned)
    for line, rest in rests.items():
        yield line, owners.get(line, ""), rest


def _largest(engine: Analytics, parts: Mapping[Line, Row], unowned: Mapping[Line, int]) -> dict[Line, str]:
    """The owner of each line's largest part, where it is not nobody."""
    owned = {
        line: row["largest"]
        for line, row in parts.items()
        if row["largest"] > abs(row["unowned"] + unowned[line])
    }
    found = engine.rows(LARGEST, sizes=sorted(set(owned.values()))) if owned else []
    return {line: row["first"] for row in found if owned.get(line := _line(row)) == row["size"]}


def _line(row: Row) -> Line:
    return Line(row["bucket_id"], row["storage_class"], row["kind"], row["currency"])


def _pieces(others: Iterator[tuple[Line, str, int]]) -> Iterator[dict[str, Any]]:
    rows = list(others)
    for start in range(0, len(rows), _AT_ONCE):
        piece = rows[start : start + _AT_ONCE]
        yield {
            "buckets": [line.bucket_id for line, _, _ in piece],
            "classes": [line.storage_class for line, _, _ in piece],
            "kinds": [line.kind for line, _, _ in piece],
            "currencies": [line.currency for line, _, _ in piece],
            "owners": [owner for _, owner, _ in piece],
            "amounts": [amount for _, _, amount in piece],
        }
