"""Nouns of reconciliation: figures of different provenance side by side, never added up. Money is an exact decimal number in text."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec


class Cause(StrEnum):
    """What a difference may come of."""

    UNDER_WAY = "month-under-way"
    MISSING_DAYS = "missing-days"
    NOT_WATCHED = "not-watched"
    NOT_INVOICED = "not-invoiced"
    UNASSIGNED = "unassigned"
    UNKNOWN_PRICE = "unknown-price"
    NO_PRICE_SET = "no-price-set"
    STALE_PRICES = "stale-prices"
    SAMPLED = "sampled"
    ESTIMATED = "estimated"
    APART = "apart"


class Sides(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One figure of each provenance, null where nothing is known: then it counts as nothing in the difference.

    `calculated` is from measured use, `reported` from what the provider reports of itself, `invoiced` what it bills for usage.
    `difference` is calculated minus invoiced, and `differencePercent` its share of what is invoiced.
    """

    calculated: str | None
    reported: str | None
    invoiced: str | None
    difference: str | None
    difference_percent: float | None


class ComparedPart(Sides, frozen=True, kw_only=True, rename="camel"):
    """One kind of charge, or one bucket; empty is what the invoice tells of no bucket."""

    by: str
    name: str


class BilledApart(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the invoice has beside usage, which nothing here is compared with."""

    category: str
    amount: str


class LikelyCause(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    cause: Cause
    detail: str


class Reconciled(Sides, frozen=True, kw_only=True, rename="camel"):
    """One provider and currency. `invoiceTotal` is what its invoices come to with all that is `apart`."""

    provider: str
    currency: str
    accounts: Sequence[str]
    invoices: Sequence[str]
    invoice_total: str | None
    reported_by: Sequence[str]
    parts: Sequence[ComparedPart]
    apart: Sequence[BilledApart]
    causes: Sequence[LikelyCause]


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A month as it was calculated, as providers report it, and as they bill it."""

    month: str
    items: Sequence[Reconciled]
    generated_at: datetime


class ReconciledLine(Sides, frozen=True, kw_only=True, rename="camel"):
    """One line of the table that CSV has: the whole of a provider and currency, then its kinds, then its buckets."""

    month: str
    provider: str
    currency: str
    by: str
    name: str
