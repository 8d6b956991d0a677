"""A month's workload priced at every provider."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import msgspec

from storekeeper.buckets.model import Bucket
from storekeeper.costs.model import AccountFacts
from storekeeper.costs.model.compared import (
    AccountComparison,
    Alternative,
    Comparison,
    MigrationCosts,
    PricedPart,
)
from storekeeper.costs.model.outlook import Candidate, Migration, Unpriced
from storekeeper.costs.rules.outlook.comparison import compare
from storekeeper.costs.rules.outlook.workload import COMPLETED, whole_month
from storekeeper.costs.service.reporting import money
from storekeeper.costs.sheets import Book

_DAY = timedelta(days=1)
_HOURS = 24
Accounts = Mapping[tuple[str, str, str], AccountFacts]


def comparison(
    accounts: Accounts, book: Book, buckets: Iterable[Bucket], month: date, today: date
) -> Comparison:
    """Of every account of which anything is known; a month that is under way is completed."""
    names = {bucket.id: bucket.name for bucket in buckets}
    found = {key: completed(facts, today) for key, facts in accounts.items()}
    return Comparison(
        month=month.strftime("%Y-%m"),
        completed=COMPLETED if (today.year, today.month) == (month.year, month.month) else "",
        accounts=[_account(key, facts, book, names) for key, facts in found.items() if facts],
    )


def completed(facts: AccountFacts, today: date) -> AccountFacts | None:
    """The whole month, from the days that are over; on the first day of a month or account, as if today were. None: nothing is known."""
    known = [fact.day for fact in facts.storage or facts.requests if fact.day <= today]
    if not known:
        return None
    if min(known) < today:
        until = (facts.month + 31 * _DAY).replace(day=1)
        return whole_month(facts, min(today, until) - _DAY)
    full = [msgspec.structs.replace(fact, byte_hours=fact.peak_bytes * _HOURS) for fact in facts.storage]
    return whole_month(msgspec.structs.replace(facts, storage=full), today)


def _account(
    key: tuple[str, str, str], facts: AccountFacts, book: Book, names: Mapping[str, str]
) -> AccountComparison:
    account, provider, region = key
    found = compare(facts, book.series(provider, region), [entry.sheet for entry in book.entries])
    is_priced = any(one.is_present and not one.unset for one in found)
    held = {fact.bucket for fact in (*facts.storage, *facts.requests)}
    return AccountComparison(
        account=account,
        provider=provider,
        region=region,
        buckets=sorted(names.get(bucket, bucket) for bucket in held),
        items=[_alternative(one, is_priced=is_priced) for one in found],
    )


def _alternative(one: Candidate, *, is_priced: bool) -> Alternative:
    """What leaving costs is known only where the present storage has a price."""
    return Alternative(
        provider=one.provider,
        region=one.region,
        title=one.title,
        storage_class=one.storage_class,
        present=one.is_present,
        total=money(one.total),
        currency=one.currency,
        parts=[PricedPart(kind=kind, amount=money(amount)) for kind, amount in one.parts.items()],
        unpriced=_unpriced(one.unpriced),
        comparable=one.is_comparable,
        unset=one.unset,
        estimated=one.estimated,
        difference=None if one.difference is None else money(one.difference),
        migration=_migration(one.migration) if one.migration and is_priced else None,
        break_even_months=one.break_even_months,
        reason=one.reason,
        sheets=one.sheets,
    )


def _migration(one: Migration) -> MigrationCosts:
    left = one.minimum_duration
    return MigrationCosts(
        total=money(one.total),
        leaving=money(one.leaving),
        writing=money(one.writing),
        minimum_duration=None if left is None else money(left),
        unpriced=_unpriced(one.unpriced),
    )


def _unpriced(found: Iterable[Unpriced]) -> list[str]:
    return [f"{one.what}: {one.reason}" for one in found]
