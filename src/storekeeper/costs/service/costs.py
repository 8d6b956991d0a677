"""What storage costs, by month: worked out by a job, read from what it stored."""

from collections.abc import Callable, Mapping
from datetime import UTC, date
from functools import partial
from pathlib import Path

import msgspec

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.costs.analytics import CostAnalytics
from storekeeper.costs.model import Charge
from storekeeper.costs.model.compared import Comparison, SavingList
from storekeeper.costs.model.report import (
    ChargePage,
    ClosedMonthList,
    CostReport,
    MonthCosts,
    OwnCosts,
    SheetList,
    SheetListed,
    SheetProblem,
)
from storekeeper.costs.rules.outlook.workload import COMPLETED
from storekeeper.costs.rules.periods import month_of
from storekeeper.costs.rules.price import price
from storekeeper.costs.service import reporting
from storekeeper.costs.service.answers import CALCULATE, Answers
from storekeeper.costs.service.calculating import Calculated, Calculator
from storekeeper.costs.service.closing import Closing
from storekeeper.costs.service.comparing import comparison
from storekeeper.costs.service.report_reader import ReportReader
from storekeeper.costs.service.reporting import DEFAULT_CURRENCY, Month, in_currency, money
from storekeeper.costs.service.saving import freed, savings
from storekeeper.costs.sheets import Book
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Database
from storekeeper.infra.jobs import Jobs, Run
from storekeeper.inventory import InventoryService
from storekeeper.kernel.clock import Clock

RULE = (
    "Every charge of a bucket is shared by what it is for: byte-hours of storage, requests, bytes sent, of the month so far. "
    "Shares are whole billionths of the currency; what cutting them leaves is the largest owner's, so that they add up exactly."
)


class CostService:
    """Figures of one currency at a time: that which most is paid in, where nobody asks for another."""

    def __init__(
        self,
        database: Database,
        analytics: Analytics,
        inventory: InventoryService,
        buckets: BucketService,
        jobs: Jobs,
        audit: AuditTrail,
        clock: Clock,
        *,
        data_dir: Path,
    ) -> None:
        self._db, self._jobs, self._audit = database, jobs, audit
        self._analytics = CostAnalytics(analytics)
        self._engine = analytics
        self._inventory = inventory
        self._buckets = buckets
        self._clock = clock
        self._closing = Closing(database, audit, clock)
        self._calculator = Calculator(
            self._analytics, inventory, buckets, self._closing, clock, prices=data_dir / "prices"
        )
        self._reader = ReportReader(
            analytics, self._analytics, self._calculator, self._closing, buckets, clock
        )
        inventory.bill_least_times(self._calculator.least_days)
        self.answers = Answers(jobs, buckets, self._calculator.book, clock)
        self._on_calculated: list[Callable[[], object]] = []

    def on_calculated(self, told: Callable[[], object]) -> None:
        """What to call, in the job, when costs were worked out; where it fails, the job is tried again."""
        self._on_calculated.append(told)

    def start(self, *, actor: str) -> Run:
        """Work costs out now, in the background. Raises ConflictError with the `runId` of what is under way already."""
        run = self._jobs.start(CALCULATE)
        with self._db.write() as connection:
            self._audit.record(connection, actor=actor, action="job.run", target=CALCULATE, details={})
        return run

    def calculate(self, progress: Callable[..., None] = lambda **_figures: None) -> Calculated:
        """The job `calculate-costs`. Price sheets that change meanwhile count as well."""
        while True:
            sheets = self.book().digests()
            try:
                done = self._calculator.calculate(progress)
            finally:
                self.answers.changed()  # also where it failed after some of it was stored
            for told in self._on_calculated:
                told()
            if self.book().digests() == sheets:
                return done

    def report(self, month: str = "", bucket: str = "", currency: str = "") -> CostReport:
        """A month up to the last calculation. Raises MonthError, CurrencyError, UnknownBucketError."""
        asked, bucket_id = self._month(month), self._bucket_id(bucket)
        read = partial(self._reader.report, asked, bucket, bucket_id, currency)
        return self.answers.get("report", (asked, bucket_id, currency), read)

    def present(self, bucket: str = "") -> MonthCosts:
        """The present month, without what it is made of. Raises UnknownBucketError."""
        asked, bucket_id = self._month(""), self._bucket_id(bucket)
        read = partial(self._reader.month, asked, bucket, bucket_id)
        return self.answers.get("month", (asked, bucket_id), read)

    def own(self, owner: str, month: str = "") -> OwnCosts:
        """One owner's share of a month. Raises MonthError."""
        asked = self._month(month)
        rows = self._analytics.own(asked.since, owner)
        chosen = next(iter(reporting.currencies(rows)), DEFAULT_CURRENCY)
        rows = in_currency(chosen, rows)
        sums = reporting.by_group(rows)
        return OwnCosts(
            month=asked.name,
            owner=owner,
            currency=chosen,
            month_to_date=money(reporting.total(rows)),
            storage_charges=money(sums["storage"]),
            request_charges=money(sums["requests"]),
            egress_charges=money(sums["egress"]),
            other_charges=money(sums["other"]),
            by_bucket=reporting.parts(rows, "bucket_id", self._names()),
            by_kind=reporting.parts(rows, "kind"),
            rule=RULE,
            provenance="calculated from measured use and published prices",
        )

    def charges(self, month: str = "", bucket: str = "", *, limit: int = 100, cursor: str = "") -> ChargePage:
        """Single charges of a month, each with its computation. Raises MonthError, UnknownBucketError."""
        asked, offset = self._month(month), int(cursor) if cursor.isdecimal() else 0
        rows = self._analytics.charges(
            asked.since, asked.until, self._bucket_id(bucket), limit=limit + 1, offset=offset
        )
        names = self._names()
        items = [
            reporting.line(msgspec.json.decode(row["detail"], type=Charge), names) for row in rows[:limit]
        ]
        return ChargePage(items=items, next_cursor=str(offset + limit) if len(rows) > limit else None)

    def closed_months(self) -> ClosedMonthList:
        """The newest first."""
        return ClosedMonthList(items=self._closing.listed(self._calculator.book()))

    def reopen(self, month: str, *, actor: str, reason: str) -> None:
        """Have a closed month worked out anew, by present sheets, with the next calculation. Raises MonthError, MonthOpenError."""
        self._closing.reopen(self._month(month).since, actor=actor, reason=reason)
        self.answers.changed()

    def compare(self, month: str = "") -> Comparison:
        """A month's workload, as of the last calculation, priced at every provider and in every storage class. Raises MonthError."""
        asked = self._month(month)
        return self.answers.get("comparison", asked, partial(self._compare, asked.since))

    def _compare(self, month: date) -> Comparison:
        facts = self._calculator.facts(month)
        return comparison(facts, self._calculator.book(), self._buckets.all(), month, self._today())

    def savings(self) -> SavingList:
        """What could be saved a month, as the present month goes up to the last calculation."""
        return self.answers.get("savings", (), self._savings)

    def _savings(self) -> SavingList:
        today = self._today()
        facts, buckets = self._calculator.facts(today.replace(day=1)), self._buckets.all()
        named = {bucket.id: bucket for bucket in buckets}
        found = savings(facts, self._calculator.book(), named, self._inventory, today)
        return SavingList(items=found, completed=COMPLETED)

    def freed(self, bucket_id: str, bytes_by_class: Mapping[str, int]) -> tuple[str, str] | None:
        """(decimal amount, currency) that a month costs less without so many bytes of a bucket, as the present month goes.

        None where what the bucket holds, or a price, is not known.
        """
        today = self._today()
        facts = self._calculator.facts(self._month(today.strftime("%Y-%m")).since)
        return freed(facts, self._calculator.book(), bucket_id, bytes_by_class, today)

    def sheets(self) -> SheetList:
        """All price sheets, and what is wrong with those that are left out."""
        book, today = self._calculator.book(), self._today()
        items = [
            SheetListed(
                **msgspec.structs.asdict(reporting.sheet_used(entry, today)),
                provider=entry.sheet.provider,
                region=entry.sheet.region,
                currency=entry.sheet.currency,
                effective_from=entry.sheet.effective_from,
                effective_until=entry.sheet.effective_until,
                file=entry.file,
            )
            for entry in book.entries
        ]
        problems = [SheetProblem(file=one.file, line=one.line, message=one.message) for one in book.problems]
        return SheetList(items=items, problems=problems)

    def book(self) -> Book:
        """The price sheets as they are now."""
        return self._calculator.book()

    def month(self, name: str = "") -> Month:
        """The month of that name, or the present one. Raises MonthError."""
        return self._month(name)

    def priced(self, *books: Book) -> list[list[Charge]]:
        """The present month's charges by each of these sheets; nothing is stored."""
        month = self._today().replace(day=1)
        accounts = self._calculator.facts(month)
        return [
            [
                charge
                for (_, provider, region), facts in accounts.items()
                for charge in price(facts, book.series(provider, region))
            ]
            for book in books
        ]

    def _month(self, name: str) -> Month:
        return Month.of(month_of(name) if name else self._today())

    def _bucket_id(self, name: str) -> str:
        return self._buckets.get(name).id if name else ""

    def _names(self) -> dict[str, str]:
        return {bucket.id: bucket.name for bucket in self._buckets.all()}

    def _today(self) -> date:
        return self._clock.now().astimezone(UTC).date()
