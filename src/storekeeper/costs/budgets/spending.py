"""What a month costs so far and will cost: of everything, of a bucket, of an owner; read once for any number of budgets."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from storekeeper.costs.budgets import rules
from storekeeper.costs.budgets.analytics import BudgetAnalytics, Row
from storekeeper.costs.model.outlook import Projection, Scope
from storekeeper.costs.rules.outlook.projection import project
from storekeeper.costs.service import reporting

_YEAR, _DAY = timedelta(days=365), timedelta(days=1)


class Moment(NamedTuple):
    """From where a month is looked at: now, or its last day once it is over."""

    month: date
    today: date
    elapsed: float  # the share of `today` that is over
    is_over: bool

    @classmethod
    def of(cls, month: date, now: datetime) -> "Moment":
        """Of the present month, or of one before."""
        now = now.astimezone(UTC)
        until = next_month(month)
        if until <= now.date():
            return cls(month, until - _DAY, 1.0, is_over=True)
        midnight = datetime.combine(now.date(), time.min, UTC)
        return cls(month, now.date(), (now - midnight) / _DAY, is_over=False)


class Spending:
    """Of one month, with a year of days before it to learn from."""

    def __init__(self, analytics: BudgetAnalytics, moment: Moment, owners: Sequence[str]) -> None:
        self._moment = moment
        since = moment.month if moment.is_over else moment.today - _YEAR
        self._days = analytics.days(since, next_month(moment.month))
        self._of: dict[str | None, list[Row]] = defaultdict(
            list
        )  # of everything, where it is None: some are of no bucket
        for row in self._days:
            self._of[None].append(row)
            self._of[row["bucket_id"]].append(row)
        self._owned: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in analytics.owned(moment.month, owners):
            self._owned[row["owner"], row["currency"]].append(row)
        self._projected: dict[tuple[str | None, str], Projection | None] = {}

    @property
    def currency(self) -> str:
        """That which most is paid in; empty where nothing is known."""
        return next(iter(reporting.currencies(self._days)), "")

    def projection(self, scope: Scope, subject: str, currency: str) -> Projection | None:
        """None where no cost in that currency is known."""
        if scope is not Scope.OWNER:
            return self._of_bucket(subject or None, currency)
        parts = [
            (row["spent"], whole)
            for row in self._owned.get((subject, currency), ())
            if (whole := self._of_bucket(row["bucket_id"], currency))
        ]
        return rules.of_owner(parts)

    def unknown(self, scope: Scope, subject: str) -> int:
        """How many charges of the month are of unknown price; 0 of an owner, who has no share in these."""
        if scope is Scope.OWNER:
            return 0
        month = self._moment.month
        return sum(row["unknown"] for row in self._of.get(subject or None, ()) if row["day"] >= month)

    def _of_bucket(self, bucket_id: str | None, currency: str) -> Projection | None:
        key = bucket_id, currency
        if key not in self._projected:
            rows = [row for row in self._of.get(bucket_id, ()) if row["currency"] == currency]
            self._projected[key] = self._project(rows)
        return self._projected[key]

    def _project(self, rows: Sequence[Row]) -> Projection | None:
        days: dict[date, int] = defaultdict(int)
        for row in rows:
            days[row["day"]] += row["amount"] or 0
        moment = self._moment
        if not days:
            return None
        if moment.is_over:
            return rules.finished(sum(days.values()), moment.month, len(days))
        return project(days, moment.today, moment.elapsed)


def next_month(month: date) -> date:
    return (month + 31 * _DAY).replace(day=1)
