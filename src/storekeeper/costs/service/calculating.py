"""Works out what storage costs: facts of days from scans, charges of months from facts and price sheets."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec

from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.costs.analytics import CostAnalytics
from storekeeper.costs.model import AccountFacts, Charge, RequestFact, StorageFact
from storekeeper.costs.rules.accounts import account_of
from storekeeper.costs.rules.price import price
from storekeeper.costs.rules.stretches import Scanned, stretches
from storekeeper.costs.service.facts import charged, hidden, request_fact, storage_fact
from storekeeper.costs.sheets import Book, load
from storekeeper.inventory import InventoryService
from storekeeper.kernel.clock import Clock

KEPT_DAYS = 30  # for which inventory keeps what each scan of a day found
LATE_DAYS = 3  # a day is worked out again for so long, since operations may come late
CLOSED_AFTER = 5  # days into the next month, after which a month stays as it is
_DAY = timedelta(days=1)
Fact = TypeVar("Fact", StorageFact, RequestFact)


class Calculated(msgspec.Struct, frozen=True, kw_only=True):
    """What one calculation did."""

    days: int
    months: list[str]
    charges: int


class Calculator:
    """One calculation at a time; the same facts and sheets again change nothing."""

    def __init__(
        self,
        analytics: CostAnalytics,
        inventory: InventoryService,
        buckets: BucketService,
        clock: Clock,
        *,
        prices: Path,
    ) -> None:
        self._analytics, self._inventory, self._buckets, self._clock = analytics, inventory, buckets, clock
        self._prices = prices
        self._working = threading.Lock()

    def book(self) -> Book:
        """The price sheets as they are now: of the package, and of one's own."""
        return load(self._prices)

    def calculate(self, progress: Callable[..., None] = lambda **_figures: None) -> Calculated:
        """What changed since the last time: the last days, days that are missing, and the months they are in."""
        with self._working:
            today = self._clock.now().astimezone(UTC).date()
            stored = self._analytics.stored_days()
            earliest = today - KEPT_DAYS * _DAY
            days = [
                day
                for number in range(KEPT_DAYS + 1)
                if (day := earliest + number * _DAY) not in stored or today - day < LATE_DAYS * _DAY
            ]
            done = [day for day in days if self._store_day(day)]
            progress(days=len(done))
            months = sorted(
                {_first(day) for day in [*done, today]}
                | self._open_months(today)
                | self._analytics.uncharged_months()
            )
            charges = sum(self._store_month(month) for month in months)
            progress(months=len(months), charges=charges)
        return Calculated(
            days=len(done), months=[month.strftime("%Y-%m") for month in months], charges=charges
        )

    def charges(self, month: date) -> list[tuple[str, Charge]]:
        """All charges of a month with their accounts, as they would be worked out now."""
        book = self.book()
        return [
            (account, charge)
            for (account, provider, region), facts in self.facts(month).items()
            for charge in price(facts, book.series(provider, region))
        ]

    def facts(self, month: date) -> dict[tuple[str, str, str], AccountFacts]:
        """What is known of a month by account, provider and region. Buckets that are gone are left out."""
        until = _next(month)
        buckets = {bucket.id: bucket for bucket in self._buckets.all()}
        held = (storage_fact(row) for row in self._analytics.held(month, until))
        asked = (request_fact(row) for row in self._analytics.requested(month, until))
        storage, requests = _by_account(held, buckets), _by_account(asked, buckets)
        return {
            key: AccountFacts(month=month, storage=storage.get(key, ()), requests=requests.get(key, ()))
            for key in sorted(storage.keys() | requests.keys())
        }

    def _open_months(self, today: date) -> set[date]:
        this = _first(today)
        return {this, _first(this - _DAY)} if today.day <= CLOSED_AFTER else {this}

    def _store_day(self, day: date) -> bool:
        """Whether anything is known of what was stored then."""
        now = self._clock.now()
        begin = datetime.combine(day, time.min, UTC)
        scans = {one.id: one for one in self._inventory.complete_between(begin, min(begin + _DAY, now))}
        found = [Scanned(one.id, one.bucket_id, one.finished_at) for one in scans.values() if one.finished_at]
        parts = stretches(found, day, now)
        if parts:
            self._analytics.store_day(day, parts, hidden(day, parts, scans))
        return bool(parts)

    def _store_month(self, month: date) -> int:
        charges = self.charges(month)
        self._analytics.store_month(month, _next(month), charged(charges))
        return len(charges)


def _by_account(facts: Iterable[Fact], buckets: dict[str, Bucket]) -> dict[tuple[str, str, str], list[Fact]]:
    found: dict[tuple[str, str, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        if bucket := buckets.get(fact.bucket):
            found[account_of(bucket), bucket.provider, bucket.region].append(fact)
    return found


def _first(day: date) -> date:
    return day.replace(day=1)


def _next(month: date) -> date:
    return _first(month + 31 * _DAY)
