"""Charges of months and owners' shares of them: stored whole, and read."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from datetime import date
from typing import Any

import pyarrow as pa

from storekeeper.costs.analytics import shares
from storekeeper.costs.analytics.days import DayTables
from storekeeper.costs.analytics.replacing import Replacing
from storekeeper.costs.analytics.stored import StoredTable
from storekeeper.costs.analytics.weights import Weights
from storekeeper.infra.analytics import UNPACKED, Analytics

MOST = 100_000  # rows of an answer
OWNERS = 1000  # of an answer
# Months of which something was asked, and nothing is charged yet.
UNCHARGED = """
SELECT DISTINCT partition FROM system.parts
WHERE database = currentDatabase() AND table = 'usage_day' AND active AND partition NOT IN
(
    SELECT partition FROM system.parts WHERE database = currentDatabase() AND table = 'cost_charge' AND active
)
LIMIT 1000"""

# Months of which something is charged.
CHARGED = """
SELECT DISTINCT partition FROM system.parts WHERE database = currentDatabase() AND table = 'cost_charge' AND active LIMIT 1000"""

# What of a month is stored in these tables: none of it is ever changed, so that what is called the same is the same.
PIECES = """
SELECT table, name FROM system.parts
WHERE database = currentDatabase() AND active AND table IN {tables:Array(String)}
    AND (partition = {month:String} OR startsWith(partition, {days:String}))
LIMIT 100000"""
COMING, CALCULATED = ("usage_day",), ("cost_held", "cost_gone", "cost_stored", "cost_charge", "cost_owner")

# What charges of days or buckets add up to.
SUMMED = """
SELECT toString({by}) AS name, kind, currency, sum(cost_charge.amount) AS amount, max(cost_charge.is_estimated) AS is_estimated, countIf(cost_charge.amount IS NULL) AS unknown
FROM cost_charge WHERE day >= {{since:Date}} AND day < {{until:Date}} {only}
GROUP BY name, kind, currency ORDER BY name, kind LIMIT 100000"""
SUMMED_BY = {"day": "day", "bucket": "bucket_id"}

# A month's sums by all that reports tell apart: one statement, because to plan one takes longer than to read a month.
PARTS = """
SELECT bucket_id, storage_class, operation, kind, currency, sheet, sum(cost_charge.amount) AS amount,
    max(cost_charge.is_estimated) AS is_estimated, countIf(cost_charge.amount IS NULL) AS unknown
FROM cost_charge WHERE day >= {{since:Date}} AND day < {{until:Date}} {only}
GROUP BY bucket_id, storage_class, operation, kind, currency, sheet
ORDER BY bucket_id, storage_class, operation, kind, currency, sheet LIMIT 1000000"""

# Single charges with the whole computation.
CHARGES = """
SELECT bucket_id, detail FROM cost_charge WHERE day >= {{since:Date}} AND day < {{until:Date}} {only}
ORDER BY day, bucket_id, kind, storage_class, operation LIMIT {{limit:UInt32}} OFFSET {{offset:UInt32}}"""

# The price sheets that a month's charges are by.
SHEETS = """
SELECT DISTINCT sheet FROM cost_charge WHERE day >= {{since:Date}} AND day < {{until:Date}} AND sheet != '' {only} ORDER BY sheet LIMIT 1000"""

# What owners' shares of a month add up to, the most expensive first.
OWNED = """
SELECT owner, currency, sum(cost_owner.amount) AS amount FROM cost_owner WHERE month = {month:Date}
GROUP BY owner, currency ORDER BY amount DESC, owner LIMIT {limit:UInt32}"""

# The same of one bucket.
OWNED_OF_BUCKET = """
SELECT owner, currency, sum(amounts[indexOf(buckets, {bucket_id:String})]) AS amount FROM cost_owner
WHERE month = {month:Date} AND has(buckets, {bucket_id:String})
GROUP BY owner, currency ORDER BY amount DESC, owner LIMIT {limit:UInt32}"""

# One owner's share by bucket and kind.
OWN = """
SELECT bucket_id, kind, currency, sum(part) AS amount FROM cost_owner ARRAY JOIN buckets AS bucket_id, amounts AS part
WHERE month = {month:Date} AND owner = {owner:String}
GROUP BY bucket_id, kind, currency ORDER BY bucket_id, kind LIMIT 10000"""

_ONLY = "AND bucket_id = {bucket_id:String}"
Row = dict[str, Any]


class CostAnalytics:
    """Facts are stored by day, charges and shares by month; what is stored again replaces what was there, in one step."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine
        self.beside = engine.beside
        self.days, self.stored = DayTables(engine), StoredTable(engine)

    def uncharged_months(self) -> set[date]:
        """First days of months of which there are operations and no charges."""
        return self._months(UNCHARGED)

    def charged_months(self) -> set[date]:
        """First days of months of which there are charges."""
        return self._months(CHARGED)

    def _months(self, sql: str) -> set[date]:
        names = [row["partition"] for row in self._engine.rows(sql)]
        return {date(int(name[:4]), int(name[4:]), 1) for name in names}

    def pieces(self, month: date, tables: Sequence[str]) -> frozenset[tuple[str, str]]:
        """What these tables have of a month; as long as it is the same, so is the month."""
        values = {"tables": list(tables), "month": f"{month:%Y%m}", "days": f"{month:%Y-%m}-"}
        return frozenset((row["table"], row["name"]) for row in self._engine.rows(PIECES, **values))

    def weights(
        self,
        since: date,
        until: date,
        buckets: Sequence[str],
        requested: Iterable[Row],
        settling: Future[None] | None,
    ) -> Weights:
        """Owners' weights in a month; see `Weights`."""
        return Weights(self._engine, since, until, buckets, requested, settling)

    def store_charges(self, since: date, charges: pa.Table) -> None:
        """Replace a month's."""
        with Replacing(self._engine, "cost_charge", since.strftime("%Y%m")) as replacing:
            self._engine.insert("cost_charge_next", charges)
            replacing.done()

    def share(self, weights: Weights) -> None:
        """Replace everybody's shares of a month by those of its charges as they are stored."""
        shares.share(self._engine, weights)

    def summed(self, by: str, since: date, until: date, bucket_id: str = "") -> list[Row]:
        """Rows {name, kind, currency, amount (nano), is_estimated, unknown}, by a name of SUMMED_BY."""
        sql = SUMMED.format(by=SUMMED_BY[by], only=_ONLY if bucket_id else "")
        return self._often(sql, since=since.isoformat(), until=until.isoformat(), **_given(bucket_id))

    def parts(self, since: date, until: date, bucket_id: str = "") -> list[Row]:
        """Rows {bucket_id, storage_class, operation, kind, currency, sheet, amount (nano), is_estimated, unknown}."""
        sql = PARTS.format(only=_ONLY if bucket_id else "")
        return self._often(sql, since=since.isoformat(), until=until.isoformat(), **_given(bucket_id))

    def charges(self, since: date, until: date, bucket_id: str, *, limit: int, offset: int = 0) -> list[Row]:
        """Rows {bucket_id, detail}."""
        sql = CHARGES.format(only=_ONLY if bucket_id else "")
        values = {"limit": limit, "offset": offset, **_given(bucket_id)}
        return self._engine.rows(sql, since=since.isoformat(), until=until.isoformat(), **values)

    def sheets(self, since: date, until: date, bucket_id: str = "") -> list[str]:
        """Ids of price sheets."""
        sql = SHEETS.format(only=_ONLY if bucket_id else "")
        rows = self._engine.rows(sql, since=since.isoformat(), until=until.isoformat(), **_given(bucket_id))
        return [row["sheet"] for row in rows]

    def owned(self, month: date, bucket_id: str = "", limit: int = OWNERS) -> list[Row]:
        """Rows {owner, currency, amount (nano)}, the largest first."""
        sql = OWNED_OF_BUCKET if bucket_id else OWNED
        values = {"month": month.isoformat(), "limit": limit, **_given(bucket_id)}
        return self._often(sql, self._engine.half, **values)  # beside a report's other reads

    def own(self, month: date, owner: str) -> list[Row]:
        """Rows {bucket_id, kind, currency, amount (nano)}."""
        return self._often(OWN, month=month.isoformat(), owner=owner)

    def _often(self, sql: str, *settings: str, **values: Any) -> list[Row]:
        """Of reads that come back to the same rows."""
        return self._engine.rows(f"{sql} SETTINGS {', '.join((UNPACKED, *settings))}", **values)


def _given(bucket_id: str) -> dict[str, str]:
    return {"bucket_id": bucket_id} if bucket_id else {}
