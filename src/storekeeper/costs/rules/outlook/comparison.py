"""A month's workload, priced at every provider and region and in every storage class there: what it would cost, and when moving pays."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from storekeeper.costs.model import AccountFacts, DeletionFact, Sheet
from storekeeper.costs.model.outlook import Candidate, Migration
from storekeeper.costs.rules.outlook.bill import Bill, bill
from storekeeper.costs.rules.outlook.migration import Removal
from storekeeper.costs.rules.outlook.workload import at_once, in_class, last_day, summed
from storekeeper.costs.rules.periods import in_force

_FEW = 0.01  # of the requests may lack a price that they have at present, and totals still be compared
_OF_OURS = ":"  # in names of storage classes that the S3 API does not have


def compare(
    facts: AccountFacts,
    present: Sequence[Sheet],
    sheets: Iterable[Sheet],
    remainders: Sequence[DeletionFact] | None = None,
) -> list[Candidate]:
    """Candidates by total, those whose totals say too little last; the first of the present provider has the classes as they are.

    `facts` are those of one account and a whole month (`workload.whole_month` completes one), `present` the sheets of its provider
    and region, `sheets` all others, too. `remainders` is what is stored, by age, as if it were deleted (see `migration.Removal`).
    """
    sheets = list(sheets)
    here = _Here(summed(facts), present, [*present, *sheets], remainders)
    found = [here.as_it_is()] if present else []
    for series in _series(sheets, present):
        found += here.elsewhere(series)
    return sorted(found, key=lambda one: (not one.is_comparable, one.total, one.title, one.storage_class))


class _Here:
    """One account as it is now, to compare with."""

    def __init__(
        self,
        facts: AccountFacts,
        sheets: Sequence[Sheet],
        every: Sequence[Sheet],
        remainders: Sequence[DeletionFact] | None,
    ) -> None:
        month = at_once(facts, every)
        # What is read depends on the day, so it is in one storage class first.
        self._moved = at_once(in_class(facts, ""), every)
        self._sheets, self._bill = sheets, bill(month, sheets)
        self._removal = Removal(month, last_day(facts), sheets, self._bill, remainders)
        self._last = max((fact.day for fact in (*facts.storage, *facts.requests)), default=facts.month)
        self._classes = {fact.storage_class for fact in facts.storage}

    def as_it_is(self) -> Candidate:
        sheet = in_force(self._sheets, self._last) or self._sheets[-1]
        return self._candidate(sheet, "", self._bill, None)

    def elsewhere(self, series: Sequence[Sheet]) -> Iterator[Candidate]:
        sheet = in_force(series, self._last)
        if sheet is None:
            return
        is_same = _place(sheet) in {_place(one) for one in self._sheets}
        for storage_class in sheet.storage_class:
            name = storage_class.name
            alike = self._classes <= {name} or (
                self._classes <= {"", name} and name == sheet.default_storage_class
            )
            if _OF_OURS in name or (is_same and alike):
                continue
            facts = in_class(self._moved, name)
            there = bill(facts, series)
            migration = self._removal.to(facts, series, there, is_same=is_same)
            yield self._candidate(sheet, name, there, migration)

    def _candidate(
        self, sheet: Sheet, storage_class: str, there: Bill, migration: Migration | None
    ) -> Candidate:
        gap = _gap(there, self._bill)
        difference = there.total - self._bill.total if not gap and not _gap(self._bill, there) else None
        months, reason = _break_even(difference, migration, gap)
        return Candidate(
            provider=sheet.provider,
            region=sheet.region,
            title=sheet.title,
            storage_class=storage_class,
            is_present=migration is None,
            total=there.total,
            currency=there.currency or sheet.currency,
            parts=there.parts,
            unpriced=there.unpriced,
            is_comparable=not gap,
            unset=there.unset,
            estimated=there.estimated,
            difference=difference,
            migration=migration,
            break_even_months=months,
            reason=reason,
            sheets=there.sheets,
        )


def _break_even(difference: int | None, migration: Migration | None, gap: str) -> tuple[float | None, str]:
    """Months, rounded up to a tenth."""
    if migration is None:
        return None, "this is how it is stored now"
    if difference is None:
        return None, f"not known: {gap or 'some of what it costs now has no known price'}"
    if difference >= 0:
        return None, "never: it does not cost less"
    if migration.unpriced:
        return None, "not known: a part of the migration has no known price"
    months = math.ceil(migration.total * 10 / -difference) / 10
    partly = ", without what is left of minimum durations" if migration.minimum_duration is None else ""
    return months, f"the migration is paid for by then{partly}"


def _gap(bill: Bill, other: Bill) -> str:
    """Why the total of a bill says too little to be compared with the other one; empty when it does not."""
    if bill.unset:
        return "nobody entered a price"
    if other.currency and bill.currency != other.currency:
        return f"prices are in {bill.currency or 'no currency'}"
    if not bill.knows_bytes:
        return "some bytes have no known price"
    known = {one.what for one in other.unpriced}
    lacking = sum(one.quantity for one in bill.unpriced if one.what not in known)
    return f"{lacking:,} requests have no known price" if lacking > _FEW * bill.requests else ""


def _series(sheets: Iterable[Sheet], present: Sequence[Sheet]) -> Iterator[list[Sheet]]:
    """Sheets of each provider and region. Those that are present come as they were given."""
    own = {_place(sheet) for sheet in present}
    others = sorted((sheet for sheet in sheets if _place(sheet) not in own), key=_place)
    for _, series in groupby([*present, *others], key=_place):
        yield list(series)


def _place(sheet: Sheet) -> tuple[str, str]:
    return sheet.provider, sheet.region
