"""Works out what storage costs: facts of days from scans, charges of months from facts and price sheets."""

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.costs.analytics import CALCULATED, COMING, CostAnalytics
from storekeeper.costs.analytics.days import DayFound
from storekeeper.costs.analytics.stored import Held
from storekeeper.costs.analytics.weights import ASKED_SUMS
from storekeeper.costs.model import AccountFacts, Charge, DeletionFact, RequestFact, StorageFact
from storekeeper.costs.rules.accounts import account_of
from storekeeper.costs.rules.price import Pricing, price
from storekeeper.costs.rules.stretches import Scanned, Stretch, stretches, together
from storekeeper.costs.rules.tariff import Tariff
from storekeeper.costs.service.closing import Closing
from storekeeper.costs.service.facts import charged, deletion_fact, hidden, request_fact, storage_fact
from storekeeper.costs.sheets import Book, load
from storekeeper.inventory import InventoryService
from storekeeper.inventory.model import Scan
from storekeeper.kernel.clock import Clock

KEPT_DAYS = 30  # for which inventory keeps what each scan of a day found
CLOSED_AFTER = 5  # days into the next month, after which a month stays as it is: operations may come late
# Past midnight: until then a scan that ended before it may still be written down.
SETTLED_AFTER = timedelta(hours=1)
PRICES_KEPT = 200_000  # charges of the present month, half a kilobyte each, that need not be worked out again
SUMS_KEPT = timedelta(days=330)  # at the least, for which sums of operations are
_DAY = timedelta(days=1)
Fact = TypeVar("Fact", StorageFact, RequestFact, DeletionFact)
Key = tuple[str, str, str]  # account, provider, region
Requested = Sequence[dict[str, Any]]


class Calculated(msgspec.Struct, frozen=True, kw_only=True):
    """What one calculation did."""

    days: int
    months: list[str]
    charges: int


class Calculator:
    """One calculation at a time; the same facts and sheets again change nothing, and of months that are over nothing is done."""

    def __init__(
        self,
        analytics: CostAnalytics,
        inventory: InventoryService,
        buckets: BucketService,
        closing: Closing,
        clock: Clock,
        *,
        prices: Path,
    ) -> None:
        self._closing = closing
        self._analytics, self._inventory, self._buckets, self._clock = analytics, inventory, buckets, clock
        self._prices = prices
        self._working = threading.Lock()
        self._priced: dict[tuple[date, Key], Pricing] = {}
        # Of months that are over, see `_store_earlier`.
        self._left: dict[date, tuple[Hashable, Hashable]] = {}

    def book(self) -> Book:
        """The price sheets as they are now: of the package, and of one's own."""
        return load(self._prices)

    def calculate(self, progress: Callable[..., None] = lambda **_figures: None) -> Calculated:
        """What changed since the last time: the last days, days that are missing, and the months they are in."""
        with self._working:
            today = self._clock.now().astimezone(UTC).date()
            settled = self._analytics.stored.through()
            settling = self._settling(settled, today)
            present = _first(today)
            asked = self._analytics.beside(partial(self._requested, present))
            try:
                done = self._store_days(settled, today)
                progress(days=len(done))
                open_ = self._unclosed(today) | ({_first(day) for day in done} - self._closing.months())
                months = sorted(month for month in open_ if month in settling or not self._is_left(month))
                charges = sum(
                    self._store_month(month, asked.result(), settling.get(month))
                    if month == present
                    else self._store_earlier(month, settling.get(month))
                    for month in months
                )
                for one in settling.values():
                    one.result()
            finally:
                # Nothing may be at work on a table that the next calculation makes anew.
                wait(settling.values())
            self._priced = {one: pricing for one, pricing in self._priced.items() if one[0] >= present}
            self._left = {month: left for month, left in self._left.items() if month in open_}
            self._close(today)
            progress(months=len(months), charges=charges)
        return Calculated(
            days=len(done), months=[month.strftime("%Y-%m") for month in months], charges=charges
        )

    def least_days(self, bucket: Bucket, storage_class: str) -> int:
        """For how many days an object of that class is billed at least, by the sheet of today; 0 where none is known."""
        sheet = self.book().choose(bucket.provider, bucket.region, self._clock.now().astimezone(UTC).date())
        billed = Tariff(sheet).resolve(storage_class)[0] if sheet else None
        return billed.minimum_days if billed else 0

    def charges(self, month: date) -> list[tuple[str, Charge]]:
        """All charges of a month with their accounts, as they would be worked out now."""
        book = self.book()
        return [
            (account, charge)
            for (account, provider, region), facts in self.facts(month).items()
            for charge in price(facts, book.series(provider, region))
        ]

    def _charges(self, month: date, found: Mapping[Key, AccountFacts]) -> list[tuple[str, Charge]]:
        """The same, of days that are as they were when the month was priced last, as they were priced then."""
        book, priced = self.book(), {}
        for key in found:
            sheets, before = book.series(*key[1:]), self._priced.get((month, key))
            priced[key] = before if before and before.sheets == sheets else Pricing(sheets)
        charges = [(key[0], charge) for key, facts in found.items() for charge in priced[key].price(facts)]
        self._priced = {one: pricing for one, pricing in self._priced.items() if one[0] != month}
        if len(charges) <= PRICES_KEPT:
            self._priced |= {(month, key): pricing for key, pricing in priced.items()}
        return charges

    def facts(self, month: date) -> dict[Key, AccountFacts]:
        """What is known of a month by account, provider and region. Buckets that are gone are left out."""
        return self._facts(month, self._analytics.days.requested(month, _next(month)))

    def _facts(self, month: date, requested: Iterable[Mapping[str, Any]]) -> dict[Key, AccountFacts]:
        until = _next(month)
        keys = {one.id: (account_of(one), one.provider, one.region) for one in self._buckets.all()}
        days = self._analytics.days
        storage = _by_account(map(storage_fact, days.held(month, until)), keys)
        requests = _by_account(map(request_fact, requested), keys)
        deletions = _by_account(map(deletion_fact, days.gone(month, until)), keys)
        return {
            key: AccountFacts(
                month=month,
                storage=storage.get(key, ()),
                requests=requests.get(key, ()),
                deletions=deletions.get(key, ()),
            )
            for key in sorted(storage.keys() | requests.keys() | deletions.keys())
        }

    def _requested(self, month: date) -> Requested:
        return self._analytics.days.requested(month, _next(month), ASKED_SUMS)

    def _store_days(self, settled: date, today: date) -> list[date]:
        """Days after those that are settled, and those that are missing."""
        stored = self._analytics.days.stored()
        earliest = today - KEPT_DAYS * _DAY
        days = [earliest + number * _DAY for number in range(KEPT_DAYS + 1)]
        wanted = (self._found(day) for day in days if day > settled or day not in stored)
        found = [one for one in wanted if one.held]
        self._analytics.days.store(found)
        return [one.day for one in found]

    def _settling(self, settled: date, today: date) -> dict[date, Future[None]]:
        """Begin to add days that are over to the sums of their months, with what was held since: one month after the other."""
        over = (self._clock.now() - SETTLED_AFTER).astimezone(UTC).date() - _DAY
        since = max(settled, over - KEPT_DAYS * _DAY) + _DAY
        buckets = [bucket.id for bucket in self._buckets.all()]
        closed, found, last = self._closing.months(), dict[date, Future[None]](), None
        month = _first(since)
        while month <= today:
            if month not in closed:
                days = (max(since, month), min(over, _next(month) - _DAY), min(today, _next(month) - _DAY))
                last = found[month] = self._analytics.beside(
                    partial(self._settle, last, month, days, buckets)
                )
            month = _next(month)
        return found

    def _settle(
        self,
        last: Future[None] | None,
        month: date,
        days: tuple[date, date, date],
        buckets: Sequence[str],
    ) -> None:
        """When `last` is done. `days`: the first that is not settled, the last that is over, the last of the month so far."""
        if last:
            last.result()
        first, over, end = days
        held = Held(self._held(first, over), self._held(max(first, over + _DAY), end))
        self._analytics.stored.settle(month, over, held, buckets)

    def _held(self, since: date, through: date) -> list[Stretch]:
        """For how long each scan's findings were there in those days."""
        days = [since + number * _DAY for number in range((through - since).days + 1)]
        return together(part for day in days for part in self._stretches(day, self._scans(day)))

    def _close(self, today: date) -> None:
        """Months that were over some days ago stay as they are from now on, with the sheets that they are by."""
        book = self.book()
        for month in sorted(self._analytics.charged_months() - self._closing.months()):
            if today >= _next(month) + CLOSED_AFTER * _DAY:
                used = [
                    entry for one in self._analytics.sheets(month, _next(month)) if (entry := book.find(one))
                ]
                self._closing.close(month, used, self._analytics.summed("bucket", month, _next(month)))

    def _unclosed(self, today: date) -> set[date]:
        """The present month, and those that are not closed, unless they are so old that sums of operations may be gone."""
        known = self._analytics.charged_months() | self._analytics.uncharged_months()
        return {_first(today)} | {
            month for month in known - self._closing.months() if today - month < SUMS_KEPT
        }

    def _found(self, day: date) -> DayFound:
        """What scans say of a day; nothing was held where none says anything."""
        begin = datetime.combine(day, time.min, UTC)
        scans = self._scans(day)
        parts = self._stretches(day, scans)
        ended = [
            (one.id, one.bucket_id)
            for one in scans
            if one.finished_at and begin <= one.finished_at < begin + _DAY
        ]
        return DayFound(day, parts, hidden(day, parts, {one.id: one for one in scans}), ended)

    def _scans(self, day: date) -> list[Scan]:
        """Complete ones of a day, and each bucket's last one before it."""
        begin = datetime.combine(day, time.min, UTC)
        return self._inventory.complete_between(begin, min(begin + _DAY, self._clock.now()))

    def _stretches(self, day: date, scans: Sequence[Scan]) -> list[Stretch]:
        found = [Scanned(one.id, one.bucket_id, one.finished_at) for one in scans if one.finished_at]
        return stretches(found, day, self._clock.now())

    def _store_month(self, month: date, requested: Requested, settling: Future[None] | None) -> int:
        """Price it, and share it by what owners asked for, and held when that is `settling` no more."""
        charges = self._charges(month, self._facts(month, requested))
        self._analytics.store_charges(month, charged(charges))
        buckets = sorted(bucket.id for bucket in self._buckets.all())
        self._analytics.share(self._analytics.weights(month, _next(month), buckets, requested, settling))
        return len(charges)

    def _store_earlier(self, month: date, settling: Future[None] | None) -> int:
        """The same, and remember what was there before and after it."""
        came = self._came(month)
        charges = self._store_month(month, self._requested(month), settling)
        self._left[month] = came, self._analytics.pieces(month, CALCULATED)
        return charges

    def _is_left(self, month: date) -> bool:
        """Whether nothing came to a month since it was worked out here, and nobody else has worked it out."""
        left = self._left.get(month)
        return left == (self._came(month), self._analytics.pieces(month, CALCULATED))

    def _came(self, month: date) -> Hashable:
        """All that a calculation finds, but for what scans found, which others have made facts of."""
        return self._analytics.pieces(month, COMING), self.book().digests(), tuple(self._buckets.all())


def _by_account(facts: Iterable[Fact], keys: Mapping[str, Key]) -> dict[Key, list[Fact]]:
    found: dict[Key, list[Fact]] = defaultdict(list)
    for fact in facts:
        if key := keys.get(fact.bucket):
            found[key].append(fact)
    return found


def _first(day: date) -> date:
    return day.replace(day=1)


def _next(month: date) -> date:
    return _first(month + 31 * _DAY)
