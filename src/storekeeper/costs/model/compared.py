"""What is told of other providers, and of savings. Money is a decimal string in the currency beside it."""

from collections.abc import Mapping, Sequence

import msgspec


class PricedPart(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a month costs there for one kind of charge."""

    kind: str
    amount: str


class MigrationCosts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What moving costs once. `minimumDuration` is null: what is left of it is not known. `unpriced` is not in the total."""

    total: str
    leaving: str
    writing: str
    minimum_duration: str | None
    unpriced: Sequence[str]


class Alternative(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The same month in one storage class of a provider. What is not `comparable` says too little, for the `reason`.

    `unpriced` tells what no price is known for there. `migration` is null of the present storage, and where that has no price. `breakEvenMonths` is null where moving never pays, or that is not known.
    """

    provider: str
    region: str
    title: str
    storage_class: str
    present: bool
    total: str
    currency: str
    parts: Sequence[PricedPart]
    unpriced: Sequence[str]
    comparable: bool
    unset: bool
    estimated: Sequence[str]
    difference: str | None
    migration: MigrationCosts | None
    break_even_months: float | None
    reason: str
    sheets: Sequence[str]


class AccountComparison(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One account's alternatives, the cheapest first; those that say too little are last."""

    account: str
    provider: str
    region: str
    buckets: Sequence[str]
    items: Sequence[Alternative]


class Comparison(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A month's workload priced everywhere. `completed` tells how the rest of a month that is under way was filled in."""

    month: str
    completed: str
    accounts: Sequence[AccountComparison]


class SavingFound(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What could be saved in a bucket: `amount` a month, null where it can not be known; why, and how to act."""

    kind: str
    bucket: str
    amount: str | None
    currency: str
    confidence: str
    why: str
    how: str
    figures: Mapping[str, int]


class SavingList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The largest first. `completed` tells how the rest of the month was filled in."""

    items: Sequence[SavingFound]
    completed: str
    next_cursor: None = None
