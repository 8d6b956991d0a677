"""A month as it was calculated, as providers report it, and as they bill it."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.costs.invoices import causes, comparing, reported
from storekeeper.costs.invoices.analytics import InvoiceAnalytics, Row
from storekeeper.costs.invoices.comparing import Figure, Side
from storekeeper.costs.invoices.model import Category, Invoice
from storekeeper.costs.invoices.reconciliation import Reconciled, ReconciledLine, Reconciliation
from storekeeper.costs.invoices.rules import bucket_in
from storekeeper.costs.invoices.service import InvoiceService
from storekeeper.costs.model import NANO, AccountFacts, RequestFact, StorageFact
from storekeeper.costs.rules.accounts import account_of
from storekeeper.costs.rules.periods import is_stale
from storekeeper.costs.rules.price import price
from storekeeper.costs.service import CostService
from storekeeper.costs.service.reporting import Month, group_of
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.caching import ReadCache
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.money import plain
from storekeeper.metering import MeteringService
from storekeeper.objectstore import parse_location

_DAY = timedelta(days=1)
_MONTHS = 13  # whose bills are kept
GONE = "(bucket that is not watched any more)"


class _Billed(NamedTuple):
    """What invoices bill, and what of it no watched bucket stands for, by provider and currency."""

    figures: list[Figure]
    not_watched: Mapping[tuple[str, str], dict[str, Decimal]]
    unassigned: Mapping[tuple[str, str], Decimal]


class Reconciler:
    """Reads only. Invoices are assigned to buckets as they are registered now."""

    def __init__(
        self,
        analytics: Analytics,
        buckets: BucketService,
        costs: CostService,
        invoices: InvoiceService,
        metering: MeteringService,
        clock: Clock,
    ) -> None:
        self._analytics, self._buckets = InvoiceAnalytics(analytics), buckets
        self._costs, self._invoices, self._metering, self._clock = costs, invoices, metering, clock
        self._kept = ReadCache(clock, seconds=math.inf, most=_MONTHS)

    def reconcile(self, month: str = "") -> Reconciliation:
        """By provider and currency. Raises MonthError."""
        asked, now = self._costs.month(month), self._clock.now()
        buckets = {bucket.id: bucket for bucket in self._buckets.all()}
        invoices = self._invoices.of_month(asked.name)
        bills = self._analytics.beside(partial(self._bills, tuple(one.id for one in invoices)))
        rows = self._costs.answers.get(
            "calculated", asked, partial(self._analytics.calculated, asked.since, asked.until)
        )
        told = self._metering.imports.daily(_start(asked.since), _start(asked.until))
        calculated = list(_calculated(rows, buckets))
        from_reports = list(self._reported(told, asked, buckets))
        billed = _billed(bills.result(), invoices, buckets)
        figures = [*calculated, *from_reports, *billed.figures]
        items = [
            self._one(
                key, [one for one in figures if one.key == key], rows, told, invoices, billed, asked, buckets
            )
            for key in sorted({one.key for one in figures})
        ]
        return Reconciliation(month=asked.name, items=items, generated_at=now)

    def _bills(self, invoice_ids: tuple[str, ...]) -> Sequence[Row]:
        """Kept: lines of an invoice never change, and another one in its place has another id."""
        return self._kept.get(invoice_ids, None, partial(self._analytics.billed, invoice_ids)).value

    def _reported(
        self, told: Iterable[Mapping[str, Any]], asked: Month, buckets: Mapping[str, Bucket]
    ) -> Iterator[Figure]:
        stored, requested = reported.facts(row for row in told if row["bucket_id"] in buckets)
        by_account: dict[tuple[str, str, str], tuple[list[StorageFact], list[RequestFact]]] = defaultdict(
            lambda: ([], [])
        )
        for one in stored:
            by_account[_account(buckets[one.bucket])][0].append(one)
        for other in requested:
            by_account[_account(buckets[other.bucket])][1].append(other)
        book = self._costs.book()
        for (_, provider, region), (held, done) in by_account.items():
            facts = AccountFacts(month=asked.since, storage=held, requests=done)
            for charge in price(facts, book.series(provider, region)):
                if charge.amount is not None:
                    group, name = group_of(charge.kind), buckets[charge.bucket].name
                    yield Figure(Side.REPORTED, provider, charge.currency, name, group, _money(charge.amount))

    def _one(
        self, key: tuple[str, str], figures: Sequence[Figure], rows: Sequence[Row], told: Sequence[Mapping[str, Any]],
        invoices: Sequence[Invoice], billed: _Billed, asked: Month, buckets: Mapping[str, Bucket],
    ) -> Reconciled:  # fmt: skip
        provider, currency = key
        of_provider = {one.id: one for one in buckets.values() if one.provider == provider}
        mine = [one for one in invoices if (one.provider, one.currency) == key]
        sides = [side for side in Side if any(one.side is side for one in figures)]
        apart = comparing.apart(figures)
        invoiced = [one for one in figures if one.side is Side.INVOICED]
        known = self._known(
            currency, [row for row in rows if row["bucket_id"] in of_provider], of_provider, asked,
            billed=billed, key=key, named={one.bucket for one in invoiced} - {""},
        )._replace(apart=apart)  # fmt: skip
        return Reconciled(
            provider=provider,
            currency=currency,
            accounts=sorted({one.account for one in mine}),
            invoices=[one.id for one in mine],
            invoice_total=plain(comparing.total(invoiced)) if mine else None,
            reported_by=sorted({row["source"] for row in told if row["bucket_id"] in of_provider}),
            **comparing.sides(figures, sides),
            parts=comparing.parts(figures, sides),
            apart=apart,
            causes=causes.likely(known),
        )

    def _known(
        self, currency: str, rows: Sequence[Row], buckets: Mapping[str, Bucket], asked: Month,
        *, billed: _Billed, key: tuple[str, str], named: set[str],
    ) -> causes.Known:  # fmt: skip
        today = self._clock.now().astimezone(UTC).date()
        until, days = min(asked.until, today + _DAY), defaultdict[str, set[date]](set)
        for row in rows:
            days[buckets[row["bucket_id"]].name] |= set(row["days"])
        book = self._costs.book()
        used = [
            entry.sheet
            for entry in map(book.find, sorted({name for row in rows for name in row["sheets"] if name}))
            if entry
        ]
        own = {bucket.name for bucket in buckets.values()}
        return causes.Known(
            currency=currency,
            under_way=today < asked.until,
            expected=max((until - asked.since).days, 0),
            days={name: len(known) for name, known in days.items()},
            not_watched=billed.not_watched.get(key, {}),
            not_invoiced=sorted(set(days) - named) if named & own else (),
            unassigned=billed.unassigned.get(key, Decimal(0)),
            unknown_prices=sum(row["unknown"] for row in rows),
            unset=[sheet.title for sheet in used if sheet.unset],
            stale=[sheet.title for sheet in used if is_stale(sheet, today)],
            is_sampled=any(row["is_sampled"] for row in rows),
            is_estimated=any(row["is_estimated"] for row in rows),
            apart=(),
            invoiced=key in {one.key for one in billed.figures},
        )


def lines(found: Reconciliation) -> list[ReconciledLine]:
    """The whole and the parts of each provider as lines of one table."""
    told = []
    for item in found.items:
        for by, name, sides in (("total", "", item), *((part.by, part.name, part) for part in item.parts)):
            told.append(
                ReconciledLine(
                    month=found.month, provider=item.provider, currency=item.currency, by=by, name=name,
                    calculated=sides.calculated, reported=sides.reported, invoiced=sides.invoiced,
                    difference=sides.difference, difference_percent=sides.difference_percent,
                )
            )  # fmt: skip
    return told


def _calculated(rows: Iterable[Row], buckets: Mapping[str, Bucket]) -> Iterator[Figure]:
    for row in rows:
        bucket = buckets.get(row["bucket_id"])
        if row["amount"] is not None and row["currency"]:
            name, provider = (bucket.name, bucket.provider) if bucket else (GONE, "")
            yield Figure(
                Side.CALCULATED, provider, row["currency"], name, group_of(row["kind"]), _money(row["amount"])
            )


def _billed(rows: Iterable[Row], invoices: Iterable[Invoice], buckets: Mapping[str, Bucket]) -> _Billed:
    by_id = {one.id: one for one in invoices}
    places = _places(buckets.values())
    figures, unassigned = list[Figure](), defaultdict[tuple[str, str], Decimal](Decimal)
    not_watched: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    for row in rows:
        invoice, category = by_id[row["invoice_id"]], Category(row["category"])
        resource = row["resource"]
        name = places.get((invoice.provider, bucket_in(resource))) or places.get(("", resource)) or ""
        figure = Figure(
            Side.INVOICED,
            invoice.provider,
            invoice.currency,
            name or resource,
            row["kind"],
            row["amount"],
            category,
        )
        figures.append(figure)
        if category is Category.USAGE and not name:
            if resource:
                amounts = not_watched[figure.key]
                amounts[resource] = amounts.get(resource, Decimal(0)) + row["amount"]
            else:
                unassigned[figure.key] += row["amount"]
    return _Billed(figures, not_watched, unassigned)


def _places(buckets: Iterable[Bucket]) -> dict[tuple[str, str], str]:
    """Registered names by (provider, name there), and by ("", URL or registered name)."""
    found: dict[tuple[str, str], str] = {}
    for bucket in buckets:
        place = parse_location(
            bucket.url, endpoint=bucket.endpoint, region=bucket.region, provider=bucket.provider
        )
        found[bucket.provider, place.bucket] = bucket.name
        found["", bucket.url] = found["", bucket.name] = bucket.name
    return found


def _account(bucket: Bucket) -> tuple[str, str, str]:
    return account_of(bucket), bucket.provider, bucket.region


def _money(nano: int) -> Decimal:
    return Decimal(nano) / NANO


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
