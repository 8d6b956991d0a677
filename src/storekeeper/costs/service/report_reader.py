"""What a month costs, by what and by whom, as the last calculation left it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from storekeeper.buckets import BucketService
from storekeeper.costs.analytics import CostAnalytics
from storekeeper.costs.model.report import CostReport, CurrencyError, Projection, SheetUsed
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
        before = Month.of(asked.since - _DAY)
        reading = [
            self._engine.beside(partial(self._analytics.summed, by, asked.since, asked.until, bucket_id))
            for by in ("bucket", "class", "operation")
        ]
        owners = self._engine.beside(partial(self._analytics.owned, asked.since, bucket_id))
        days = self._analytics.summed("day", asked.until - _YEAR, asked.until, bucket_id)
        known = [row for row in days if row["name"] >= asked.since.isoformat()]
        currencies = reporting.currencies(known or days)
        chosen = currency or next(iter(currencies), DEFAULT_CURRENCY)
        if currency and currencies and currency not in currencies:
            raise CurrencyError(
                f"Nothing of this month is paid in {currency!r}.", hint=f"Ask for {', '.join(currencies)}."
            )
        days, by_bucket, by_class, by_operation, by_owner = (
            in_currency(chosen, rows) for rows in (days, *(one.result() for one in reading), owners.result())
        )
        known = [row for row in days if row["name"] >= asked.since.isoformat()]
        sums, spent, trend = reporting.by_group(known), reporting.total(known), reporting.trend(known)
        names = {bucket.id: bucket.name for bucket in self._buckets.all()}
        return CostReport(
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
            previous_month=money(
                reporting.total(row for row in days if before.since.isoformat() <= row["name"] < before.until.isoformat())
            ),
            projection=self._projection(days, asked),
            estimated=any(row["is_estimated"] for row in known),
            provenance="calculated from measured use and published prices",
            trend=trend,
            by_bucket=reporting.parts(by_bucket, "name", names),
            by_storage_class=reporting.parts(by_class, "name"),
            by_operation=reporting.parts((row for row in by_operation if row["name"]), "name"),
            by_kind=reporting.parts(known, "kind"),
            by_owner=reporting.parts(by_owner, "owner"),
            unclassified=sorted({row["name"] or row["kind"] for row in [*by_operation, *by_class] if row["unknown"] and row["name"]}),
            sheets=self._sheets_used(asked, bucket_id),
            closed_at=self._closing.closed_at(asked.since),
            generated_at=self._clock.now(),
        )  # fmt: skip

    def _projection(self, days: Iterable[dict[str, Any]], asked: Month) -> Projection | None:
        now = self._clock.now().astimezone(UTC)
        if not asked.since <= now.date() < asked.until:
            return None
        elapsed = (now - datetime.combine(now.date(), datetime.min.time(), UTC)) / _DAY
        return reporting.projection(days, now.date(), elapsed)

    def _sheets_used(self, asked: Month, bucket_id: str) -> list[SheetUsed]:
        book, today = self._calculator.book(), self._clock.now().astimezone(UTC).date()
        used = self._analytics.sheets(asked.since, asked.until, bucket_id)
        return [reporting.sheet_used(entry, today) for entry in map(book.find, used) if entry]
