"""What a difference between a calculated month and an invoice may come of, in words. Pure: what is known in, causes out."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from storekeeper.costs.invoices.reconciliation import BilledApart, Cause, LikelyCause
from storekeeper.kernel.money import plain

_NAMED = 5


class Known(NamedTuple):
    """What is known of one provider's month. `days` are those of which something is known, by bucket, of `expected` so far."""

    currency: str
    under_way: bool
    expected: int
    days: Mapping[str, int]
    not_watched: Mapping[str, Decimal]
    not_invoiced: Sequence[str]
    unassigned: Decimal
    unknown_prices: int
    unset: Sequence[str]
    stale: Sequence[str]
    is_sampled: bool
    is_estimated: bool
    apart: Sequence[BilledApart]
    invoiced: bool


def likely(known: Known) -> list[LikelyCause]:
    """The gravest first."""
    found: list[tuple[bool, Cause, str]] = [
        (
            known.under_way,
            Cause.UNDER_WAY,
            "The month is under way: neither the calculation nor an invoice is complete.",
        ),
        _missing_days(known),
        (
            bool(known.not_watched),
            Cause.NOT_WATCHED,
            f"The invoice bills buckets that are not watched: {_amounts(known.not_watched, known.currency)}.",
        ),
        (
            bool(known.not_invoiced and known.invoiced),
            Cause.NOT_INVOICED,
            f"The invoice names buckets, but not {_names(known.not_invoiced)}.",
        ),
        (
            bool(known.unassigned),
            Cause.UNASSIGNED,
            f"{plain(known.unassigned)} {known.currency} of the invoice names no bucket, so that it is compared only in sum and by kind.",
        ),
        (
            bool(known.unknown_prices),
            Cause.UNKNOWN_PRICE,
            f"Charges without a known price, which are in no calculated sum: {known.unknown_prices}.",
        ),
        (
            bool(known.unset),
            Cause.NO_PRICE_SET,
            f"Nobody entered a price for {_names(known.unset)}: it counts as zero.",
        ),
        (
            bool(known.stale),
            Cause.STALE_PRICES,
            f"Prices were read more than 180 days ago: {_names(known.stale)}.",
        ),
        (known.is_sampled, Cause.SAMPLED, "Operations are reported as a sample and counted up."),
        (
            known.is_estimated,
            Cause.ESTIMATED,
            "Something about quantities is assumed, such as that all bytes sent leave the provider; each charge says what.",
        ),
        (
            bool(known.apart),
            Cause.APART,
            f"The invoice has, beside usage: {'; '.join(f'{one.category} {one.amount} {known.currency}' for one in known.apart)}.",
        ),
    ]
    return [LikelyCause(cause=cause, detail=detail) for holds, cause, detail in found if holds]


def _missing_days(known: Known) -> tuple[bool, Cause, str]:
    lacking = sorted((days, name) for name, days in known.days.items() if days < known.expected)
    told = [f"{name} ({days} of {known.expected} days known)" for days, name in lacking]
    return bool(lacking), Cause.MISSING_DAYS, f"Not every day of the month is known of {_names(told)}."


def _names(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _amounts(amounts: Mapping[str, Decimal], currency: str) -> str:
    largest = sorted(amounts, key=lambda name: -abs(amounts[name]))
    return _names([f"{name} ({plain(amounts[name])} {currency})" for name in largest])
