"""Statements for charges as they leave: a whole month, a piece at a time, in an order that stays."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import pyarrow as pa

from storekeeper.infra.analytics import Analytics

AT_ONCE = 100_000  # rows of a piece
_IN = "day >= {since:Date} AND day < {until:Date}"

# Charges of a day with an amount.
CHARGES = """
SELECT account, bucket_id, detail, amount FROM cost_charge WHERE day = {day:Date} AND amount IS NOT NULL
ORDER BY bucket_id, kind, storage_class, operation, operation_class, detail LIMIT {limit:UInt32} OFFSET {offset:UInt64}"""

# How many have one, and what they come to; how many have none, because no price is known.
CHARGED = f"SELECT count(amount) AS found, sum(amount) AS total, countIf(amount IS NULL) AS unpriced FROM cost_charge WHERE {_IN}"

# Which account pays for a bucket.
ACCOUNTS = (
    f"SELECT bucket_id, any(account) AS account FROM cost_charge WHERE {_IN} GROUP BY bucket_id LIMIT 1000000"
)

# Owners' shares of a bucket.
SHARES = """
SELECT {bucket_id:String} AS bucket_id, owner, kind, currency, sum(amounts[indexOf(buckets, {bucket_id:String})]) AS amount
FROM cost_owner WHERE month = {month:Date} AND has(buckets, {bucket_id:String})
GROUP BY owner, kind, currency ORDER BY owner, kind, currency LIMIT {limit:UInt32} OFFSET {offset:UInt64}"""

# Buckets that shares are of.
SHARED = """
SELECT bucket_id, sum(part) AS total FROM cost_owner ARRAY JOIN buckets AS bucket_id, amounts AS part
WHERE month = {month:Date} GROUP BY bucket_id ORDER BY bucket_id LIMIT 1000000"""


class Charged(NamedTuple):
    """Charges with an amount and what they come to (nano), and how many have none."""

    found: int
    total: int
    unpriced: int


class FocusAnalytics:
    """Reads charges and shares as Arrow tables."""

    def __init__(self, engine: Analytics, *, at_once: int = AT_ONCE) -> None:
        self._engine, self._at_once = engine, at_once

    def charges(self, since: date, until: date) -> Iterator[pa.Table]:
        """Columns account, bucket_id, detail (a Charge as JSON), amount (nano)."""
        for number in range((until - since).days):
            yield from self._pieces(CHARGES, day=(since + timedelta(days=number)).isoformat())

    def charged(self, since: date, until: date) -> Charged:
        row = self._engine.row(CHARGED, since=since.isoformat(), until=until.isoformat())
        return Charged(row["found"], row["total"] or 0, row["unpriced"])

    def accounts(self, since: date, until: date) -> dict[str, str]:
        """By bucket id."""
        rows = self._engine.rows(ACCOUNTS, since=since.isoformat(), until=until.isoformat())
        return {row["bucket_id"]: row["account"] for row in rows}

    def shared(self, month: date) -> dict[str, int]:
        """What shares come to (nano), by bucket id."""
        return {row["bucket_id"]: row["total"] for row in self._engine.rows(SHARED, month=month.isoformat())}

    def shares(self, month: date, bucket_id: str) -> Iterator[pa.Table]:
        """Columns bucket_id, owner, kind, currency, amount (nano)."""
        return self._pieces(SHARES, month=month.isoformat(), bucket_id=bucket_id)

    def _pieces(self, sql: str, **values: str) -> Iterator[pa.Table]:
        offset = 0
        while (piece := self._engine.table(sql, limit=self._at_once, offset=offset, **values)).num_rows:
            yield piece
            offset += piece.num_rows
            if piece.num_rows < self._at_once:
                return
