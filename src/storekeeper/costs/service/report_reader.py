"""What a month costs, by what and by whom, as the last calculation left it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from storekeeper.buckets import BucketService
from storekeeper.costs.analytics import CostAnalytics
from storekeeper.costs.model.report import CostReport, CurrencyError, MonthCosts, Projection, SheetUsed
from storekeeper.costs.service import reporting
from storekeeper.costs.service.calculating import Calculator
from storekeeper.costs.service.closing import Closing
from storekeeper.costs.service.reporting import DEFAULT_CURRENCY, Month, in_currency, money
from storekeeper.infra.analytics import Analytics
from storekeeper.kernel.clock import Clock

_YEAR = timedelta(days=365)
_DAY = timedelta(days=1)


class ReportReader:
    """Reads what is stored, anew each time."""

    def __init__(
        self,
        engine: Analytics,
        analytics: CostAnalytics,
        calculator: Calculator,
        closing: Closing,
        buckets: BucketService,
        clock: Clock,
    ) -> None:
        self._engine, self._analytics = engine, analytics
        self._calculator, self._closing = calculator, closing
        self._buckets, self._clock = buckets, clock

    def report(self, asked: Month, bucket: str, bucket_id: str, currency: str) -> CostReport:
        """Of one bucket, or all. Raises CurrencyError."""
        owners = self._engine.beside(partial(self._analytics.owned, asked.since, bucket_id))
        month = self.month(asked, bucket, bucket_id, currency)
        everything = self._analytics.parts(asked.since, asked.until, bucket_id)
        rows = in_currency(month.currency, everything)
        names = {one.id: one.name for one in self._buckets.all()}
        return CostReport(
            **msgspec.structs.asdict(month),
            by_bucket=reporting.parts(rows, "bucket_id", names),
            by_storage_class=reporting.parts(rows, "storage_class"),
            by_operation=reporting.parts((row for row in rows if row["operation"]), "operation"),
            by_kind=reporting.parts(rows, "kind"),
            by_owner=reporting.parts(in_currency(month.currency, owners.result()), "owner"),
            unclassified=sorted(
                {
                    row[by]
                    for row in rows
                    if row["unknown"]
                    for by in ("operation", "storage_class")
                    if row[by]
                }
            ),
            sheets=self._sheets_used({row["sheet"] for row in everything}),
            closed_at=self._closing.closed_at(asked.since),
            generated_at=self._clock.now(),
        )

    def month(self, asked: Month, bucket: str, bucket_id: str, currency: str = "") -> MonthCosts:
        """By its days, and what a year of them before it lets expect. Raises CurrencyError."""
        before = Month.of(asked.since - _DAY)
        days = self._analytics.summed("day", asked.until - _YEAR, asked.until, bucket_id)
        currencies = reporting.currencies(_between(days, asked) or days)
        if currency and currencies and currency not in currencies:
            raise CurrencyError(
                f"Nothing of this month is paid in {currency!r}.", hint=f"Ask for {', '.join(currencies)}."
            )
        chosen = currency or next(iter(currencies), DEFAULT_CURRENCY)
        days = in_currency(chosen, days)
        known = _between(days, asked)
        sums, spent, trend = reporting.by_group(known), reporting.total(known), reporting.trend(known)
        return MonthCosts(
            month=asked.name,
            bucket=bucket,
            currency=chosen,
            currencies=currencies or [chosen],
            month_to_date=money(spent),
            daily_average=money(spent // len(trend) if trend else 0),
            storage_charges=money(sums["storage"]),
            request_charges=money(sums["requests"]),
            egress_charges=money(sums["egress"]),
            other_charges=money(sums["other"]),
            previous_month=money(reporting.total(_between(days, before))),
            projection=self._projection(days, asked),
            estimated=any(row["is_estimated"] for row in known),
            provenance="calculated from measured use and published prices",
            trend=trend,
        )

    def _projection(self, days: Iterable[dict[str, Any]], asked: Month) -> Projection | None:
        now = self._clock.now().astimezone(UTC)
        if not asked.since <= now.date() < asked.until:
            return None
        elapsed = (now - datetime.combine(now.date(), datetime.min.time(), UTC)) / _DAY
        return reporting.projection(days, now.date(), elapsed)

    def _sheets_used(self, used: Iterable[str]) -> list[SheetUsed]:
        book, today = self._calculator.book(), self._clock.now().astimezone(UTC).date()
        return [reporting.sheet_used(entry, today) for entry in map(book.find, sorted(used)) if entry]


def _between(days: Iterable[dict[str, Any]], month: Month) -> list[dict[str, Any]]:
    since, until = month.since.isoformat(), month.until.isoformat()
    return [row for row in days if since <= row["name"] < until]
