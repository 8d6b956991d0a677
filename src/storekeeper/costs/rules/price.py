"""The whole: facts of one account and month, and the price sheets of its provider and region, become itemized charges.

What depends on the month (allowances, whole units, tiers) is computed over the month to date; a day's charge is the difference that
the day makes, at the prices of the sheet that holds on it. So the days add up to the month exactly.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from datetime import date
from itertools import takewhile
from typing import NamedTuple, Self

from storekeeper.costs.model import (
    AccountFacts,
    Basis,
    Charge,
    DeletionFact,
    Kind,
    RequestFact,
    Sheet,
    StorageFact,
)
from storekeeper.costs.rules import egress, requests, storage
from storekeeper.costs.rules.apportion import apportion
from storekeeper.costs.rules.contributions import Contribution, Fact, Key, Line, unclassified
from storekeeper.costs.rules.meter import Meter, reckon
from storekeeper.costs.rules.periods import in_force
from storekeeper.costs.rules.settling import Change, Use, settle, together, unpriced
from storekeeper.costs.rules.tariff import Tariff

_NO_SHEET = "there is no price sheet for this provider and region on this day"
_RELATIVE = (Key(Kind.EGRESS), Key(Kind.MINIMUM))


def price(facts: AccountFacts, sheets: Sequence[Sheet]) -> list[Charge]:
    """Charges by day, bucket, storage class, operation and kind, in order of days.

    The sheets are those of one provider and region, of any period. Raises ValueError for a fact outside of the month.
    """
    month = _Month(sheets)
    return [charge for day, of_day in _by_day(facts) for charge in month.charges(day, of_day)]


class Pricing:
    """An account's month as it was priced last. Its days up to the first one whose facts are others are not priced again."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self.sheets = sheets
        self._days: list[_Day] = []

    def price(self, facts: AccountFacts) -> list[Charge]:
        """As `price` does."""
        days = list(_by_day(facts))
        same = sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1][:2], zip(days, self._days, strict=False))
        )
        del self._days[same:]
        month = self._days[-1].after.copy() if self._days else _Month(self.sheets)
        for day, of_day in days[same:]:
            charges = list(month.charges(day, of_day))
            self._days.append(_Day(day, of_day, charges, month.copy()))
        return [charge for day in self._days for charge in day.charges]


def contributions(tariff: Tariff, facts: Iterable[Fact]) -> Iterator[Contribution]:
    """What each fact adds to which meter."""
    for fact in facts:
        if isinstance(fact, StorageFact):
            yield from storage.stored(tariff, fact)
        elif isinstance(fact, RequestFact):
            yield from requests.requested(tariff, fact)
            yield from requests.retrieved(tariff, fact)
            yield from egress.sent(tariff, fact)
        else:
            yield from storage.deleted(tariff, fact)


class _Month:
    """Meters as they run through one month of an account."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self._sheets = sheets
        self._tariffs: dict[str, Tariff] = {}
        self._meters: dict[tuple[str, Key], Meter] = {}
        self.totals: dict[Key, int] = defaultdict(int)
        self.used: dict[Key, dict[Line, int]] = {key: defaultdict(int) for key in _RELATIVE}
        # Byte-hours of the month to date, and the hours of those of its days that anything is known of.
        self._stored = self._hours = 0

    def copy(self) -> Self:
        """As it stands; what follows from sheets alone is shared."""
        made = copy(self)
        made.totals = self.totals.copy()
        made.used = {key: of_key.copy() for key, of_key in self.used.items()}
        return made

    def charges(self, day: date, facts: Sequence[Fact]) -> Iterator[Charge]:
        sheet = in_force(self._sheets, day)
        if sheet is None:
            yield from unpriced(day, None, _NO_SHEET, together(list(_without_sheet(facts))))
            return
        tariff = self._tariff(sheet)
        by_key: dict[Key, list[Contribution]] = defaultdict(list)
        for one in contributions(tariff, facts):
            by_key[one.key].append(one)
        for key in sorted(key for key in by_key if key.kind is Kind.UNCLASSIFIED):
            yield from unpriced(day, sheet, key.reason, together(by_key.pop(key)))
        by_key.setdefault(Key(Kind.EGRESS), [])
        yield from self._settled(day, tariff, facts, {key: together(by_key[key]) for key in sorted(by_key)})

    def _tariff(self, sheet: Sheet) -> Tariff:
        if sheet.id not in self._tariffs:
            self._tariffs[sheet.id] = Tariff(sheet)
        return self._tariffs[sheet.id]

    def _settled(
        self, day: date, tariff: Tariff, facts: Sequence[Fact], uses: dict[Key, dict[Line, Use]]
    ) -> Iterator[Charge]:
        stored_before, hours_before = self._stored, self._hours
        self._store(tariff, facts)
        for key, of_key in uses.items():
            if key.kind is Kind.EGRESS:
                before = self._egress(tariff, stored_before, hours_before)
                after = self._egress(tariff, self._stored, self._hours)
            else:
                before = after = self._meter(day, tariff, key)
            total = self.totals[key]
            self.totals[key] = total + sum(use.quantity for use in of_key.values())
            self._remember(key, of_key)
            if before and after:
                change = Change(
                    day, tariff.sheet, key, after, reckon(before, total), reckon(after, self.totals[key])
                )
                yield from self._settle(change, of_key)
        if tariff.sheet.storage.minimum:
            yield from self._minimum(day, tariff, stored_before, hours_before)

    def _settle(self, change: Change, uses: dict[Line, Use]) -> Iterator[Charge]:
        if uses or change.before != change.after:
            yield from settle(change, uses, self.used.get(change.key, {}))

    def _minimum(self, day: date, tariff: Tariff, stored: int, hours: int) -> Iterator[Charge]:
        """What is missing to the least that an account pays for, shared by what is stored; later days can give it back."""
        least, meter = tariff.sheet.storage.minimum, storage.minimum_meter(tariff, day)
        before, after = max(least * hours - stored, 0), max(least * self._hours - self._stored, 0)
        key = Key(Kind.MINIMUM, tariff.sheet.default_storage_class)
        change = Change(day, tariff.sheet, key, meter, reckon(meter, before), reckon(meter, after))
        if change.before != change.after:
            month = dict(sorted(self.used[Key(Kind.MINIMUM)].items()))
            missing = zip(month, apportion(after - before, list(month.values())), strict=True)
            uses = {line: Use(quantity) for line, quantity in missing}
            yield from settle(change, uses, month, always_by_month=True)

    def _store(self, tariff: Tariff, facts: Sequence[Fact]) -> None:
        held = [fact for fact in facts if isinstance(fact, StorageFact)]
        self._stored += sum(storage.byte_hours(tariff, fact) for fact in held)
        self._hours += 24 * max((fact.days for fact in held), default=0)
        for fact in held:
            line = Line(fact.bucket, fact.storage_class, "", Kind.MINIMUM, Basis.BYTE_HOURS, fact.provenance)
            self.used[Key(Kind.MINIMUM)][line] += storage.byte_hours(tariff, fact)

    def _remember(self, key: Key, uses: dict[Line, Use]) -> None:
        if key in self.used:
            for line, use in uses.items():
                self.used[key][line] += use.quantity

    def _egress(self, tariff: Tariff, stored: int, hours: int) -> Meter | None:
        found = tariff.sheet.egress
        return egress.meter(tariff, found, stored // hours if hours else 0) if found else None

    def _meter(self, day: date, tariff: Tariff, key: Key) -> Meter:
        found = self._meters.get((tariff.sheet.id, key))
        if found is None:
            found = self._meters[tariff.sheet.id, key] = _meter(day, tariff, key)
        return found


class _Day(NamedTuple):
    day: date
    facts: Sequence[Fact]
    charges: Sequence[Charge]
    after: _Month


def _meter(day: date, tariff: Tariff, key: Key) -> Meter:
    match key.kind:
        case Kind.STORAGE:
            return storage.meter(tariff, key.storage_class, day)
        case Kind.MONITORING:
            return storage.monitoring_meter(tariff, key.storage_class, day)
        case Kind.RETRIEVAL:
            return requests.retrieval_meter(tariff, key.storage_class)
        case _:
            return requests.meter(tariff, key.storage_class, key.operation_class)


def _without_sheet(facts: Iterable[Fact]) -> Iterator[Contribution]:
    for fact in facts:
        if isinstance(fact, StorageFact):
            yield unclassified(fact, Basis.BYTE_HOURS, fact.byte_hours, _NO_SHEET)
        elif isinstance(fact, RequestFact):
            answered = fact.succeeded + fact.refused + fact.client_errors + fact.server_errors
            yield unclassified(fact, Basis.REQUESTS, answered, _NO_SHEET)
            if fact.bytes_out:
                yield unclassified(fact, Basis.BYTES_OUT, fact.bytes_out, _NO_SHEET)
        else:
            yield unclassified(fact, Basis.BYTES_DELETED, fact.bytes, _NO_SHEET)


def _by_day(facts: AccountFacts) -> Iterator[tuple[date, list[Fact]]]:
    days: dict[date, list[Fact]] = defaultdict(list)
    every: tuple[Sequence[StorageFact | RequestFact | DeletionFact], ...] = (
        facts.storage,
        facts.requests,
        facts.deletions,
    )
    for fact in (fact for group in every for fact in group):
        if (fact.day.year, fact.day.month) != (facts.month.year, facts.month.month):
            raise ValueError(f"{fact.day} is not in the month of {facts.month}")
        days[fact.day].append(fact)
    yield from sorted(days.items())
