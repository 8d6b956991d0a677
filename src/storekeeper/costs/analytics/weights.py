"""Owners' weights in a month: how much of what is charged each of them used. Read where they are; there are millions of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from datetime import date
from typing import Any, NamedTuple

from storekeeper.costs.analytics.shelves import NUMBER, Shelves
from storekeeper.infra.analytics import Analytics

# Rows are few and long: by itself the engine would read a hundred thousand of them on one core.
SPREAD = "merge_tree_min_rows_for_concurrent_read = 1, merge_tree_min_bytes_for_concurrent_read = 1"

# What was held: in days that are over, and in those that are open.
_STORED = f"""
SELECT {NUMBER} AS bucket, storage_class, owner, over_bytes + open_bytes AS byte_hours_, over_objects + open_objects AS object_seconds_
FROM cost_stored
ARRAY JOIN buckets AS bucket_id, byte_hours AS over_bytes, open_byte_hours AS open_bytes,
    object_seconds AS over_objects, open_object_seconds AS open_objects
WHERE month = {{since:Date}}"""

_GONE = f"""
SELECT {NUMBER} AS bucket, storage_class, owner, bytes FROM cost_gone WHERE day >= {{since:Date}} AND day < {{until:Date}}"""

# Requests that stand for others may be fractions: millionths of them count, so that it does not matter which of them were added up
# already.
_REQUESTS = "toInt64(round(usage_day.requests * 1048576))"
_SENT = "toInt64(round(usage_day.bytes_out))"
_RETRIEVED = f"if(operation = 'GetObject', {_SENT}, toInt64(0))"
_ASKED = f"""
SELECT {NUMBER} AS bucket, storage_class, operation, owner, {_REQUESTS} AS requests_, {_SENT} AS sent, {_RETRIEVED} AS retrieved
FROM usage_day WHERE time >= toDateTime({{since:Date}}, 'UTC') AND time < toDateTime({{until:Date}}, 'UTC')"""
_NO_LISTS: Mapping[str, tuple[str, str]] = {}
Row = dict[str, Any]
Place = tuple[str, str, str]


class Source(NamedTuple):
    """`rows` has a column for the weight of each basis; only requests have an operation."""

    name: str
    rows: str
    weights: Mapping[str, str]  # basis -> column
    place: tuple[str, ...] = ("bucket", "storage_class")
    # Column -> lists over buckets in `cost_stored` that it is the sum of.
    lists: Mapping[str, tuple[str, str]] = _NO_LISTS


STORED = Source(
    "stored",
    _STORED,
    {"byte-hours": "byte_hours_", "object-hours": "object_seconds_"},
    lists={
        "byte_hours_": ("byte_hours", "open_byte_hours"),
        "object_seconds_": ("object_seconds", "open_object_seconds"),
    },
)
GONE = Source("gone", _GONE, {"bytes-deleted": "bytes"})
ASKED = Source(
    "asked",
    _ASKED,
    {"requests": "requests_", "bytes-out": "sent", "bytes-retrieved": "retrieved"},
    ("bucket", "storage_class", "operation"),
)
ASKED_SUMS = {"requests": _REQUESTS, "bytes-out": _SENT, "bytes-retrieved": _RETRIEVED}  # basis -> expression
SOURCES = (ASKED, GONE, STORED)  # what is known first comes first


class Weights:
    """Those of a month. What is stored counts when it is settled."""

    def __init__(
        self,
        engine: Analytics,
        since: date,
        until: date,
        buckets: Sequence[str],
        requested: Iterable[Mapping[str, Any]],
        settling: Future[None] | None,
    ) -> None:
        """`buckets` are all that are watched; of `requested`, what was asked of each on each day, the weights are added up already."""
        self._engine, self._settling = engine, settling
        self._buckets = list(buckets)
        self.shelves = Shelves(buckets)
        self.parameters: dict[str, Any] = {
            "since": since.isoformat(),
            "until": until.isoformat(),
            **self.shelves.parameters,
        }
        known = (row for row in requested if row["bucket_id"] in self.shelves.numbers)
        self._sums = {ASKED.name: _together(known)}

    def wholes(self, source: Source) -> dict[Place, Row]:
        """All owners' weights together by bucket, storage class and operation: rows with an integer for each basis."""
        if source is STORED and self._settling:
            self._settling.result()
        if source.name not in self._sums:
            self._sums[source.name] = self._sum(source)
        return self._sums[source.name]

    def whole(self, source: Source, row: Mapping[str, Any]) -> int:
        """All owners' weights together that a total is shared by; 0 where they are not in that source, or nobody has one."""
        if row["basis"] not in source.weights:
            return 0
        found = self.wholes(source).get((row["bucket_id"], row["storage_class"], row["operation"]))
        return found[row["basis"]] if found else 0

    def _sum(self, source: Source) -> dict[Place, Row]:
        sums = ", ".join(
            f"toString(sum(toInt128({column}))) AS `{basis}`" for basis, column in source.weights.items()
        )
        place = ", ".join(source.place)
        sql = f"SELECT {place}, {sums} FROM ({source.rows}) AS weights WHERE bucket != 0 GROUP BY {place} LIMIT 1000000 SETTINGS {SPREAD}"
        return {
            (self._buckets[row["bucket"] - 1], row["storage_class"], ""): {
                basis: int(row[basis]) for basis in source.weights
            }
            for row in self._engine.rows(sql, **self.parameters)
        }


def _together(requested: Iterable[Mapping[str, Any]]) -> dict[Place, Row]:
    """Of all days."""
    found: dict[Place, Row] = defaultdict(lambda: dict.fromkeys(ASKED.weights, 0))
    for row in requested:
        sums = found[row["bucket_id"], row["storage_class"], row["operation"]]
        for basis in sums:
            sums[basis] += row[basis]
    return dict(found)
