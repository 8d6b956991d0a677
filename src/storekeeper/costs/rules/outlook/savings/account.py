"""A month's bill of an account in which something changes: what it would be less.

It counts what is free, tiers, whole units and the account's minimum: what lies within those saves nothing.
"""

import calendar
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from storekeeper.costs.model import AccountFacts, Kind, Sheet, Small, StorageFact
from storekeeper.costs.rules import egress, requests, storage
from storekeeper.costs.rules.contributions import Fact, Key
from storekeeper.costs.rules.meter import Meter, Reckoning, reckon
from storekeeper.costs.rules.periods import month_hours
from storekeeper.costs.rules.price import contributions
from storekeeper.costs.rules.tariff import Tariff

_STORED = Key(Kind.MINIMUM)  # byte-hours of all storage classes, without padding and what is gone


class Account:
    """A whole month of facts of one account (see `workload.whole_month`), hidden bytes included, and the sheet of its provider."""

    def __init__(self, facts: AccountFacts, sheet: Sheet) -> None:
        self.month: date = facts.month
        self.sheet = sheet
        self.tariff = Tariff(sheet)
        self._totals = self._quantities((*facts.storage, *facts.requests, *facts.deletions))

    @property
    def provider(self) -> str:
        return self.sheet.provider

    @property
    def currency(self) -> str:
        return self.sheet.currency

    def held(
        self, bucket: str, storage_class: str, size: int, objects: int = 0, small: Iterable[Small] = ()
    ) -> StorageFact:
        """So many bytes and objects for the whole month, as one long day."""
        days = calendar.monthrange(self.month.year, self.month.month)[1]
        return StorageFact(
            day=self.month,
            bucket=bucket,
            storage_class=storage_class,
            byte_hours=size * month_hours(self.month),
            peak_bytes=size * days,
            objects=objects * days,
            small=tuple(Small(one.below, one.objects * days, one.bytes * days) for one in small),
        )

    def less(self, gone: Iterable[Fact], instead: Iterable[Fact] = ()) -> int | None:
        """By how much the bill shrinks, in nano-units; negative when it grows. None when a price for it is not known.

        What is gone and was not among the facts is taken to have come on top of them.
        """
        removed, added = self._quantities(gone), self._quantities(instead)
        if self.sheet.unset or any(key.kind is Kind.UNCLASSIFIED for key in (*removed, *added)):
            return None
        keys = {*self._totals, *removed, *added}
        before = {key: max(self._totals[key], removed[key]) for key in keys}
        after = {key: before[key] - removed[key] + added[key] for key in keys}
        cost_before, unknown_before = self._cost(before)
        cost_after, unknown_after = self._cost(after)
        return None if unknown_before != unknown_after else cost_before - cost_after

    def _quantities(self, facts: Iterable[Fact]) -> Counter[Key]:
        found: Counter[Key] = Counter()
        for fact in facts:
            for one in contributions(self.tariff, [fact]):
                found[one.key] += one.quantity
            if isinstance(fact, StorageFact):
                found[_STORED] += storage.byte_hours(self.tariff, fact)
        return found

    def _cost(self, totals: Mapping[Key, int]) -> tuple[int, int]:
        """Nano-units, and how much has no known price."""
        stored = totals.get(_STORED, 0)
        found = [
            self._reckoned(key, quantity, stored)
            for key, quantity in totals.items()
            if key.kind is not Kind.UNCLASSIFIED
        ]
        return sum(one.amount for one in found), sum(one.unknown for one in found)

    def _reckoned(self, key: Key, quantity: int, stored: int) -> Reckoning:
        if key == _STORED:
            least = self.sheet.storage.minimum * month_hours(self.month)
            return reckon(
                storage.minimum_meter(self.tariff, self.month), max(least - stored, 0) if least else 0
            )
        return reckon(self._meter(key, stored), quantity)

    def _meter(self, key: Key, stored: int) -> Meter:
        match key.kind:
            case Kind.STORAGE:
                return storage.meter(self.tariff, key.storage_class, self.month)
            case Kind.MONITORING:
                return storage.monitoring_meter(self.tariff, key.storage_class, self.month)
            case Kind.RETRIEVAL:
                return requests.retrieval_meter(self.tariff, key.storage_class)
            case Kind.EGRESS if self.sheet.egress:
                return egress.meter(self.tariff, self.sheet.egress, stored // month_hours(self.month))
            case _:
                return requests.meter(self.tariff, key.storage_class, key.operation_class)
