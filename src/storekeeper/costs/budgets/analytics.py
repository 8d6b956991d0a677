"""What budgets ask of the analytics engine."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from storekeeper.costs.analytics import OWNER_KEY
from storekeeper.infra.analytics import Analytics

_NAMED = f"SELECT owner, {OWNER_KEY} AS owner_key FROM (SELECT arrayJoin({{owners:Array(String)}}) AS owner)"
_KEYS = f"SELECT {OWNER_KEY} FROM (SELECT arrayJoin({{owners:Array(String)}}) AS owner)"

# What every bucket cost on every day.
DAYS = """
SELECT day, bucket_id, currency, sum(cost_charge.amount) AS amount, countIf(cost_charge.amount IS NULL) AS unknown
FROM cost_charge WHERE day >= {since:Date} AND day < {until:Date}
GROUP BY day, bucket_id, currency ORDER BY day, bucket_id LIMIT 1000000"""

# Some owners' shares of a month, by bucket.
OWNED = f"""
SELECT names.owner AS owner, bucket_id, currency, sum(amount) AS spent
FROM (SELECT owner_key, bucket_id, currency, amount FROM cost_owner WHERE month = {{month:Date}} AND kind != '' AND owner_key IN ({_KEYS})) AS parts
INNER JOIN ({_NAMED}) AS names USING (owner_key)
GROUP BY owner, bucket_id, currency ORDER BY owner, bucket_id LIMIT 1000000"""

Row = dict[str, Any]
Day = tuple[
    date, str, str, int | None, int
]  # with bucket, currency, amount (None where no price is known), how many have none


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
