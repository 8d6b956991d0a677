"""What was calculated, reported and billed, side by side. Pure: figures in, tables out; nothing of different provenance is added up."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from storekeeper.costs.invoices.model import Category
from storekeeper.costs.invoices.reconciliation import BilledApart, ComparedPart
from storekeeper.kernel.money import plain

GROUPS = ("storage", "requests", "egress", "other")
_EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN)
_PERCENT = Decimal("0.01")


class Side(StrEnum):
    CALCULATED = "calculated"
    REPORTED = "reported"
    INVOICED = "invoiced"


class Figure(NamedTuple):
    """An amount of one provenance; an empty bucket is none that is known."""

    side: Side
    provider: str
    currency: str
    bucket: str
    group: str
    amount: Decimal
    category: Category = Category.USAGE

    @property
    def key(self) -> tuple[str, str]:
        return self.provider, self.currency


def total(figures: Iterable[Figure]) -> Decimal:
    """Of figures of one side."""
    amount = Decimal(0)
    for figure in figures:
        amount = _EXACT.add(amount, figure.amount)
    return amount


def sides(figures: Iterable[Figure], known: Iterable[Side]) -> dict[str, Any]:
    """The fields of Sides. A side without a figure is None; in the difference it counts as nothing where it is `known` of the provider."""
    by_side: dict[Side, list[Figure]] = defaultdict(list)
    for figure in figures:
        if figure.category is Category.USAGE:
            by_side[figure.side].append(figure)
    sums = {side: total(by_side[side]) for side in known}
    calculated, invoiced = sums.get(Side.CALCULATED), sums.get(Side.INVOICED)
    difference = None
    if calculated is not None and invoiced is not None:
        difference = _EXACT.subtract(calculated, invoiced)
    return {side.value: plain(sums[side]) if by_side.get(side) else None for side in Side} | {
        "difference": None if difference is None else plain(difference),
        "difference_percent": percent(difference, invoiced),
    }


def percent(difference: Decimal | None, whole: Decimal | None) -> float | None:
    """To two places; None of nothing."""
    if difference is None or not whole:
        return None
    return float(_EXACT.divide(difference * 100, abs(whole)).quantize(_PERCENT, context=_EXACT))


def parts(figures: Sequence[Figure], known: Sequence[Side]) -> list[ComparedPart]:
    """By kind, then by bucket, the largest first; what the invoice tells of no bucket last. The lines of each add up to the whole."""
    groups = {figure.group for figure in figures if figure.category is Category.USAGE}
    found = [
        ComparedPart(by="kind", name=group, **sides((one for one in figures if one.group == group), known))
        for group in GROUPS
        if group in groups
    ]
    buckets: dict[str, list[Figure]] = defaultdict(list)
    for figure in figures:
        if figure.category is Category.USAGE:
            buckets[figure.bucket].append(figure)
    largest = {
        name: max(abs(total(f for f in of if f.side is side)) for side in Side)
        for name, of in buckets.items()
    }
    ordered = sorted(buckets, key=lambda name: (not name, -largest[name], name))
    return found + [ComparedPart(by="bucket", name=name, **sides(buckets[name], known)) for name in ordered]


def apart(figures: Iterable[Figure]) -> list[BilledApart]:
    """What is billed beside usage, by category."""
    sums: Mapping[Category, list[Figure]] = defaultdict(list)
    for figure in figures:
        if figure.category is not Category.USAGE:
            sums[figure.category].append(figure)
    return [
        BilledApart(category=category, amount=plain(total(sums[category])))
        for category in Category
        if category in sums
    ]
