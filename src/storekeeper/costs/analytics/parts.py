"""Statements that make owners' parts: weights at their rates, cut to whole nano-units, in lists over buckets."""

from collections.abc import Sequence
from typing import NamedTuple

from storekeeper.costs.analytics.places import Places
from storekeeper.costs.analytics.shelves import NUMBER, Shelves
from storekeeper.costs.analytics.stored import GROUPING
from storekeeper.costs.analytics.weights import SPREAD, Source

_SPILL = "max_bytes_before_external_group_by = 300000000"

# Of parts by kind, `lists`, over the same `buckets`.
_STORE = """
INSERT INTO cost_owner_next
WITH {rates}
SELECT {{since:Date}}, owner, storage_class, kind, currency, arraySum(list),
    arrayFilter((bucket_id, part) -> part != 0, buckets_, list), arrayFilter(part -> part != 0, list)
FROM ({rows})
ARRAY JOIN lists AS list, {{kinds:Array(String)}} AS kind, {{currencies:Array(String)}} AS currency
WHERE arrayExists(part -> part != 0, list)
SETTINGS {settings}"""


class Column(NamedTuple):
    """What one column of rates is for."""

    kind: str
    currency: str
    basis: str


def by_kind(source: Source, columns: Sequence[Column]) -> dict[tuple[str, str], str]:
    """(kind, currency) -> the sum of weights at the rates of their place, as SQL."""
    terms: dict[tuple[str, str], list[str]] = {}
    for number, column in enumerate(columns):
        term = f"toInt128({source.weights[column.basis]}) * rates_{number}[place + 1]"
        terms.setdefault((column.kind, column.currency), []).append(term)
    return {key: " + ".join(of_key) for key, of_key in terms.items()}


def parts(source: Source, places: Places, shelves: Shelves, columns: Sequence[Column], threads: str) -> str:
    """One pass over the weights. Rates are found in arrays by the numbers of places, which takes half as long as joining them.

    What has to be grouped takes the setting `threads`: something else goes on beside it.
    """
    rates = ", ".join(
        f"(SELECT groupArrayInsertAt(0, {places.most})(toInt128(rate), place) FROM cost_rate_next "
        f"WHERE source = {{source:String}} AND number = {number}) AS rates_{number}"
        for number in range(len(columns))
    )
    exact = list(by_kind(source, columns).values())
    if source.lists:
        return _STORE.format(rates=rates, rows=_mapped(source, places, exact), settings=f"{_SPILL}, {SPREAD}")
    return _STORE.format(
        rates=rates, rows=_grouped(source, places, shelves, exact), settings=f"{GROUPING}, {threads}"
    )


def _mapped(source: Source, places: Places, exact: Sequence[str]) -> str:
    """Weights that are in lists become lists of parts."""
    summed = ", ".join(
        f"arrayMap((a, b) -> a + b, {a}, {b}) AS {name}s" for name, (a, b) in source.lists.items()
    )
    each, all_ = ", ".join(source.lists), ", ".join(f"{name}s" for name in source.lists)
    lists = ", ".join(f"arrayMap((place, {each}) -> {_cut(one)}, places, {all_})" for one in exact)
    return f"""
SELECT owner, storage_class, buckets AS buckets_, [{lists}] AS lists
FROM
(
    SELECT owner, storage_class, buckets, arrayMap(bucket -> {places.sql}, arrayMap(bucket_id -> {NUMBER}, buckets)) AS places, {summed}
    FROM cost_stored WHERE month = {{since:Date}}
)"""


def _grouped(source: Source, places: Places, shelves: Shelves, exact: Sequence[str]) -> str:
    """Rows of weights become lists of parts."""
    sums = ", ".join(f"{shelves.sums(one)} AS sums_{number}" for number, one in enumerate(exact))
    lists = ", ".join(f"arrayMap(exact -> {_cut('exact')}, sums_{number})" for number in range(len(exact)))
    return f"""
SELECT owner, storage_class, {shelves.names} AS buckets_, [{lists}] AS lists
FROM
(
    SELECT owner, storage_class, {shelves.shelf} AS shelf, {sums}
    FROM (SELECT owner, storage_class, bucket, {places.sql} AS place, {", ".join(source.weights.values())} FROM ({source.rows})) AS weights
    WHERE bucket != 0
    GROUP BY owner, storage_class, shelf
)"""


def _cut(exact: str) -> str:
    """To whole nano-units, toward zero."""
    return f"toInt64(if({exact} < 0, -bitShiftRight(-({exact}), 64), bitShiftRight({exact}, 64)))"
