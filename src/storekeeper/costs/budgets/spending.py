"""What a month costs so far and will cost: of everything, of a bucket, of an owner; read once for any number of budgets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from storekeeper.costs.budgets import rules
from storekeeper.costs.budgets.analytics import Day, Row
from storekeeper.costs.model.outlook import Projection, Scope
from storekeeper.costs.rules.outlook.projection import project

_YEAR, _DAY = timedelta(days=365), timedelta(days=1)
Line = tuple[str | None, str]  # bucket and currency


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

    @property
    def range(self) -> tuple[date, date]:
        """The days that say something about the month: its own, and of one that is under way a year before."""
        return self.month if self.is_over else self.today - _YEAR, next_month(self.month)


class Days:
    """What every bucket cost on each day, and everything, which is None: some of it is of no bucket. Nano-units; read only."""

    def __init__(self, rows: Iterable[Day]) -> None:
        self.amounts: dict[Line, dict[date, int]] = defaultdict(lambda: defaultdict(int))
        self.unknown: dict[str | None, dict[date, int]] = defaultdict(lambda: defaultdict(int))
        paid: dict[str, int] = defaultdict(int)
        for day, bucket_id, currency, amount, unknown in rows:
            paid[currency] += amount or 0
            for whose in (None, bucket_id):
                self.amounts[whose, currency][day] += amount or 0
                if unknown:
                    self.unknown[whose][day] += unknown
        self.currency = next(
            (name for name in sorted(paid, key=lambda name: (-paid[name], name)) if name), ""
        )


class Spending:
    """Of one month, with a year of days before it to learn from; `owned` are owners' shares of it."""

    def __init__(self, moment: Moment, days: Days, owned: Iterable[Row]) -> None:
        self._moment, self._days = moment, days
        self._owned: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in owned:
            self._owned[row["owner"], row["currency"]].append(row)
        self._projected: dict[Line, Projection | None] = {}

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
        of_days = self._days.unknown.get(subject or None, {})
        return sum(unknown for day, unknown in of_days.items() if day >= self._moment.month)

    def _of_bucket(self, bucket_id: str | None, currency: str) -> Projection | None:
        key = bucket_id, currency
        if key not in self._projected:
            self._projected[key] = self._project(self._days.amounts.get(key, {}))
        return self._projected[key]

    def _project(self, days: Mapping[date, int]) -> Projection | None:
        moment = self._moment
        if not days:
            return None
        if moment.is_over:
            return rules.finished(sum(days.values()), moment.month, len(days))
        return project(days, moment.today, moment.elapsed)


def next_month(month: date) -> date:
    return (month + 31 * _DAY).replace(day=1)
