"""Every owner's share of a month's charges, by the rule of `rules/sharing.py`: rates are made here, and SQL multiplies them in one pass."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa

from storekeeper.costs.analytics.days import STORED
from storekeeper.costs.analytics.replacing import Replacing
from storekeeper.costs.rules.sharing import ONE, rate
from storekeeper.infra.analytics import Analytics

_SPILL = 300_000_000
_NEXT = "cost_owner"
_WITHIN = "day >= {since:Date} AND day < {until:Date}"

# What of a month is shared, each by the weights of its bucket, storage class and operation.
TOTALS = f"""
SELECT bucket_id, storage_class, operation, kind, basis, currency, sum(amount) AS total
FROM cost_charge WHERE {_WITHIN} AND amount IS NOT NULL
GROUP BY bucket_id, storage_class, operation, kind, basis, currency HAVING total != 0
ORDER BY bucket_id, storage_class, operation, kind, basis, currency LIMIT 1000000"""

# Where owners' weights are: which bases a source has, and its rows, several of an owner, with one column for each. Requests that
# stand for others may be fractions: millionths of them count, so that it does not matter which of them were added up already.
_ASKED = """
SELECT bucket_id, storage_class, operation, owner, toInt128(round(usage_day.requests * 1048576)) AS requests_,
    toInt128(round(usage_day.bytes_out)) AS sent, if(operation = 'GetObject', sent, toInt128(0)) AS retrieved
FROM usage_day WHERE time >= toDateTime({since:Date}, 'UTC') AND time < toDateTime({until:Date}, 'UTC')"""
_GONE = f"SELECT bucket_id, storage_class, owner, bytes FROM cost_gone WHERE {_WITHIN}"


class Source(NamedTuple):
    """`rows` has a column for the weight of each basis; only requests have an operation."""

    name: str
    rows: str
    weights: dict[str, str]  # basis -> column
    place: tuple[str, ...] = ("bucket_id", "storage_class")


SOURCES = (
    Source("stored", STORED, {"byte-hours": "byte_hours", "object-hours": "objects"}),
    Source("gone", _GONE, {"bytes-deleted": "bytes"}),
    Source(
        "asked",
        _ASKED,
        {"requests": "requests_", "bytes-out": "sent", "bytes-retrieved": "retrieved"},
        ("bucket_id", "storage_class", "operation"),
    ),
)

# What is left by cutting shares to whole nano-units: to whoever has the largest.
SHARE_REST = f"""
INSERT INTO cost_owner_next
SELECT {{since:Date}}, bucket_id, largest, kind, currency, charged - shared AS rest
FROM
(
    SELECT bucket_id, kind, currency, sum(amount) AS charged FROM cost_charge
    WHERE {_WITHIN} AND amount IS NOT NULL GROUP BY bucket_id, kind, currency
) AS whole
LEFT JOIN
(
    SELECT bucket_id, kind, currency, sum(amount) AS shared, argMin(owner, (-abs(cost_owner_next.amount), owner)) AS largest
    FROM cost_owner_next GROUP BY bucket_id, kind, currency
) AS parts USING (bucket_id, kind, currency)
WHERE rest != 0"""

_RATES = """
CREATE TABLE {table}
(
    bucket_id LowCardinality(String), storage_class LowCardinality(String), operation LowCardinality(String), number UInt16, rate String
)
ENGINE = MergeTree ORDER BY bucket_id"""
_RATE: list[tuple[str, pa.DataType]] = [
    ("bucket_id", pa.string()),
    ("storage_class", pa.string()),
    ("operation", pa.string()),
    ("number", pa.uint16()),
    ("rate", pa.string()),
]
_OWNER: list[tuple[str, pa.DataType]] = [
    ("month", pa.date32()),
    ("bucket_id", pa.string()),
    ("owner", pa.string()),
    ("kind", pa.string()),
    ("currency", pa.string()),
    ("amount", pa.int64()),
]
Row = dict[str, Any]


class _Column(NamedTuple):
    """What one column of rates is for."""

    kind: str
    currency: str
    basis: str


def share(engine: Analytics, since: date, until: date) -> None:
    """Replace everybody's shares of a month by those of its charges as they are stored."""
    month: dict[str, Any] = {"since": since.isoformat(), "until": until.isoformat()}
    totals = engine.rows(TOTALS, **month)
    with Replacing(engine, _NEXT, since.isoformat()) as replacing:
        sharing = [
            engine.beside(
                partial(
                    _share, engine, source, [row for row in totals if row["basis"] in source.weights], month
                )
            )
            for source in SOURCES
        ]
        for one in sharing:
            one.result()
        engine.command(SHARE_REST, **month)
        replacing.done()


def _share(engine: Analytics, source: Source, totals: Sequence[Row], month: dict[str, Any]) -> None:
    if not totals:
        return
    wholes = {_place(row): row for row in engine.rows(_wholes(source, totals), **month)}
    unowned = [row for row in totals if not _whole(row, wholes)]
    if unowned:
        engine.insert("cost_owner_next", _nobodys(unowned, month["since"]))
    columns = sorted({_Column(row["kind"], row["currency"], row["basis"]) for row in totals})
    rates = [
        {name: row[name] for name in ("bucket_id", "storage_class", "operation")}
        | {
            "number": columns.index(_Column(row["kind"], row["currency"], row["basis"])),
            "rate": str(rate(row["total"], _whole(row, wholes))),
        }
        for row in totals
    ]
    kinds = list(_by_kind(source, columns))
    table = f"cost_rate_{source.name}_next"
    engine.command(f"DROP TABLE IF EXISTS {table}")
    engine.command(_RATES.format(table=table))
    try:
        engine.insert(table, pa.Table.from_pylist(rates, schema=pa.schema(_RATE)))
        engine.command(
            _parts(source, columns, table),
            kinds=[kind for kind, _ in kinds],
            currencies=[currency for _, currency in kinds],
            **month,
        )
    finally:
        engine.command(f"DROP TABLE IF EXISTS {table}")


def _wholes(source: Source, totals: Iterable[Row]) -> str:
    """All owners' weights together, of those bases that something is shared by."""
    used = sorted({row["basis"] for row in totals})
    sums = ", ".join(f"toString(sum(toInt128({source.weights[basis]}))) AS `{basis}`" for basis in used)
    place = ", ".join(source.place)
    return f"SELECT {place}, {sums} FROM ({source.rows}) AS weights GROUP BY {place} LIMIT 1000000"


def _parts(source: Source, columns: Sequence[_Column], table: str) -> str:
    """One pass over the weights: each owner's, at the rates of what they are in, by kind."""
    place = ", ".join(source.place)
    rates = ", ".join(
        f"sumIf(toInt128(rate), number = {number}) AS rate_{number}" for number in range(len(columns))
    )
    sums = ", ".join(f"sum({' + '.join(terms)})" for terms in _by_kind(source, columns).values())
    return f"""
INSERT INTO cost_owner_next
SELECT {{since:Date}}, bucket_id, owner, kind, currency, toInt64(intDiv(part, toInt128('{ONE}'))) AS amount_
FROM
(
    SELECT bucket_id, owner, [{sums}] AS parts
    FROM ({source.rows}) AS weights
    INNER JOIN (SELECT {place}, {rates} FROM {table} GROUP BY {place}) AS rates USING ({place})
    GROUP BY bucket_id, owner
)
ARRAY JOIN parts AS part, {{kinds:Array(String)}} AS kind, {{currencies:Array(String)}} AS currency
WHERE amount_ != 0
SETTINGS max_bytes_before_external_group_by = {_SPILL}"""


def _by_kind(source: Source, columns: Sequence[_Column]) -> dict[tuple[str, str], list[str]]:
    """(kind, currency) -> weights at their rates, as SQL."""
    terms: dict[tuple[str, str], list[str]] = {}
    for number, column in enumerate(columns):
        term = f"toInt128({source.weights[column.basis]}) * rate_{number}"
        terms.setdefault((column.kind, column.currency), []).append(term)
    return terms


def _place(row: Row) -> tuple[str, str, str]:
    return row["bucket_id"], row["storage_class"], row.get("operation", "")


def _whole(row: Row, wholes: dict[tuple[str, str, str], Row]) -> int:
    found = wholes.get(_place(row))
    return int(found[row["basis"]]) if found else 0


def _nobodys(rows: Iterable[Row], month: str) -> pa.Table:
    """What nobody has a weight in."""
    made = [
        {
            "month": date.fromisoformat(month),
            "bucket_id": row["bucket_id"],
            "owner": "",
            "kind": row["kind"],
            "currency": row["currency"],
            "amount": row["total"],
        }
        for row in rows
    ]
    return pa.Table.from_pylist(made, schema=pa.schema(_OWNER))
