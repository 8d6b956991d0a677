"""Owners' weights in a month: how much of what is charged each of them used. Read where they are; there are millions of them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import date
from functools import partial
from typing import Any, NamedTuple, Self

from storekeeper.costs.analytics.days import BYTE_HOURS, OBJECT_SECONDS
from storekeeper.costs.rules.stretches import Stretch
from storekeeper.infra.analytics import Analytics

# Rows know buckets by numbers, which are added up faster than names; those that are not watched any more are all 0.
_NUMBER = "transform(bucket_id, {buckets:Array(String)}, {numbers:Array(UInt32)}, toUInt32(0))"

# What was held: the sums of days that are over, and what scans found for so long since.
_STORED = f"""
SELECT {_NUMBER} AS bucket, storage_class, owner, byte_hours, object_seconds FROM cost_stored WHERE month = {{since:Date}}
UNION ALL
SELECT bucket, storage_class, owner, {BYTE_HOURS} AS byte_hours, {OBJECT_SECONDS} AS object_seconds
FROM
(
    SELECT *, transform(scan_id, {{scans:Array(String)}}, {{scanned:Array(UInt32)}}, toUInt32(0)) AS bucket,
        transform(scan_id, {{scans:Array(String)}}, {{lasting:Array(UInt64)}}, toUInt64(0)) AS seconds
    FROM inventory_share WHERE scan_id IN {{scans:Array(String)}}
)"""

_GONE = f"""
SELECT {_NUMBER} AS bucket, storage_class, owner, bytes FROM cost_gone WHERE day >= {{since:Date}} AND day < {{until:Date}}"""

# Requests that stand for others may be fractions: millionths of them count, so that it does not matter which of them were added up
# already.
_ASKED = f"""
SELECT {_NUMBER} AS bucket, storage_class, operation, owner, toInt64(round(usage_day.requests * 1048576)) AS requests_,
    toInt64(round(usage_day.bytes_out)) AS sent, if(operation = 'GetObject', sent, toInt64(0)) AS retrieved
FROM usage_day WHERE time >= toDateTime({{since:Date}}, 'UTC') AND time < toDateTime({{until:Date}}, 'UTC')"""

# An owner's name as a number that no two of them share; of nobody, whose name is empty, too.
OWNER_KEY = "reinterpretAsUInt128(sipHash128(owner))"
NOBODY = "reinterpretAsUInt128(sipHash128(''))"

_NAMES = "CREATE TABLE cost_name_next (owner_key UInt128, owner String) ENGINE = MergeTree ORDER BY owner_key"
_DROP_NAMES = "DROP TABLE IF EXISTS cost_name_next"
Row = dict[str, Any]


class Source(NamedTuple):
    """`rows` has a column for the weight of each basis; only requests have an operation."""

    name: str
    rows: str
    weights: Mapping[str, str]  # basis -> column
    place: tuple[str, ...] = ("bucket", "storage_class")


SOURCES = (
    Source("stored", _STORED, {"byte-hours": "byte_hours", "object-hours": "object_seconds"}),
    Source("gone", _GONE, {"bytes-deleted": "bytes"}),
    Source(
        "asked",
        _ASKED,
        {"requests": "requests_", "bytes-out": "sent", "bytes-retrieved": "retrieved"},
        ("bucket", "storage_class", "operation"),
    ),
)

# Everybody who has a weight, and nobody.
STORE_NAMES = f"""
INSERT INTO cost_name_next
SELECT {OWNER_KEY}, owner
FROM (SELECT '' AS owner UNION ALL {" UNION ALL ".join(f"SELECT owner FROM ({source.rows})" for source in SOURCES)})
GROUP BY owner"""


class Weights:
    """Those of a month, being added up beside what else is to be done; open for as long as the names of owners are needed."""

    def __init__(
        self, engine: Analytics, since: date, until: date, held: Sequence[Stretch], buckets: Sequence[str]
    ) -> None:
        """`held` says what is not in the sums of days that are over; `buckets` are all that are watched."""
        self._engine = engine
        self._buckets = list(buckets)
        self.numbers = {bucket: number for number, bucket in enumerate(buckets, 1)}
        self.parameters: dict[str, Any] = {
            "since": since.isoformat(),
            "until": until.isoformat(),
            "buckets": list(self.numbers),
            "numbers": list(self.numbers.values()),
            "scans": [one.scan_id for one in held],
            "scanned": [self.numbers.get(one.bucket_id, 0) for one in held],
            "lasting": [one.seconds for one in held],
        }

    def __enter__(self) -> Self:
        self._engine.command(_DROP_NAMES)
        self._engine.command(_NAMES)
        read = partial(self._engine.command, STORE_NAMES, **self.parameters)
        self._named = self._engine.beside(read)
        self._wholes = {source.name: self._engine.beside(partial(self._sum, source)) for source in SOURCES}
        return self

    def __exit__(self, *_error: object) -> None:
        self._settled()
        self._engine.command(_DROP_NAMES)

    def wholes(self, source: Source) -> dict[tuple[str, str, str], Row]:
        """All owners' weights together by bucket, storage class and operation: rows with an integer for each basis."""
        return self._wholes[source.name].result()

    def whole(self, source: Source, row: Mapping[str, Any]) -> int:
        """All owners' weights together that a total is shared by; 0 where they are not in that source, or nobody has one."""
        found = self.wholes(source).get((row["bucket_id"], row["storage_class"], row["operation"]))
        return found.get(row["basis"], 0) if found else 0

    def named(self) -> None:
        """Wait until the table `cost_name_next` has everybody's name."""
        self._named.result()

    def _sum(self, source: Source) -> dict[tuple[str, str, str], Row]:
        sums = ", ".join(
            f"toString(sum(toInt128({column}))) AS `{basis}`" for basis, column in source.weights.items()
        )
        place = ", ".join(source.place)
        sql = f"SELECT {place}, {sums} FROM ({source.rows}) AS weights WHERE bucket != 0 GROUP BY {place} LIMIT 1000000"
        return {
            (self._buckets[row["bucket"] - 1], row["storage_class"], row.get("operation", "")): {
                basis: int(row[basis]) for basis in source.weights
            }
            for row in self._engine.rows(sql, **self.parameters)
        }

    def _settled(self) -> None:
        """Nothing may be at work on a table that goes."""
        under_way: list[Future[Any]] = [self._named, *self._wholes.values()]
        for one in under_way:
            one.exception()
