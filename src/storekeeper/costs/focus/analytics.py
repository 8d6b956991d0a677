"""Statements for charges as they leave: a whole month at once, in an order that stays."""

from datetime import date

import pyarrow as pa

from storekeeper.infra.analytics import Analytics

MOST = 2_000_000  # rows of a file
_IN = "day >= {since:Date} AND day < {until:Date}"

# All charges with an amount.
CHARGES = f"""
SELECT account, bucket_id, detail FROM cost_charge WHERE {_IN} AND amount IS NOT NULL
ORDER BY day, bucket_id, kind, storage_class, operation, operation_class, detail LIMIT {MOST}"""

# How many have none, because no price is known.
UNPRICED = f"SELECT count() AS found FROM cost_charge WHERE {_IN} AND amount IS NULL"

# Which account pays for a bucket.
ACCOUNTS = (
    f"SELECT bucket_id, any(account) AS account FROM cost_charge WHERE {_IN} GROUP BY bucket_id LIMIT {MOST}"
)

# Every owner's share.
SHARES = f"""
SELECT bucket_id, owner, kind, currency, sum(cost_owner.amount) AS amount FROM cost_owner WHERE month = {{month:Date}}
GROUP BY bucket_id, owner, kind, currency ORDER BY bucket_id, owner, kind, currency LIMIT {MOST}"""


class FocusAnalytics:
    """Reads charges and shares as Arrow tables."""

    def __init__(self, engine: Analytics) -> None:
        self._engine = engine

    def charges(self, since: date, until: date) -> pa.Table:
        """Columns account, bucket_id, detail (a Charge as JSON)."""
        return self._engine.table(CHARGES, since=since.isoformat(), until=until.isoformat())

    def unpriced(self, since: date, until: date) -> int:
        return int(self._engine.row(UNPRICED, since=since.isoformat(), until=until.isoformat())["found"])

    def accounts(self, since: date, until: date) -> dict[str, str]:
        """By bucket id."""
        rows = self._engine.rows(ACCOUNTS, since=since.isoformat(), until=until.isoformat())
        return {row["bucket_id"]: row["account"] for row in rows}

    def shares(self, month: date) -> pa.Table:
        """Columns bucket_id, owner, kind, currency, amount (nano)."""
        return self._engine.table(SHARES, month=month.isoformat())
