"""What budgets ask of the analytics engine."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from storekeeper.infra.analytics import Analytics

# What every bucket cost on every day.
DAYS = """
SELECT day, bucket_id, currency, sum(cost_charge.amount) AS amount, countIf(cost_charge.amount IS NULL) AS unknown
FROM cost_charge WHERE day >= {since:Date} AND day < {until:Date}
GROUP BY day, bucket_id, currency ORDER BY day, bucket_id LIMIT 1000000"""

# Some owners' shares of a month, by bucket.
OWNED = """
SELECT owner, bucket_id, currency, sum(part) AS spent FROM cost_owner ARRAY JOIN buckets AS bucket_id, amounts AS part
WHERE month = {month:Date} AND owner IN {owners:Array(String)}
GROUP BY owner, bucket_id, currency ORDER BY owner, bucket_id LIMIT 1000000"""

Row = dict[str, Any]
# With bucket, currency, amount (None where no price is known), how many have none.
Day = tuple[date, str, str, int | None, int]


class BudgetAnalytics:
    """Amounts are whole nano-units."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine
        self.beside = engine.beside

    def days(self, since: date, until: date) -> Iterator[Day]:
        """Tuples: there are thousands."""
        found = self._engine.table(DAYS, since=since.isoformat(), until=until.isoformat())
        return zip(*(column.to_pylist() for column in found.columns), strict=True)

    def owned(self, month: date, owners: Sequence[str]) -> list[Row]:
        """Rows {owner, bucket_id, currency, spent}."""
        if not owners:
            return []
        return self._engine.rows(OWNED, month=month.isoformat(), owners=list(owners))
