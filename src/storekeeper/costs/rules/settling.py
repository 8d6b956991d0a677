"""A day's charges of one meter: what the month to date costs more than it did the day before, shared among who used it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from storekeeper.costs.model import Basis, Charge, Kind, Sheet, Span, Trust
from storekeeper.costs.rules.apportion import apportion
from storekeeper.costs.rules.contributions import Contribution, Key, Line
from storekeeper.costs.rules.meter import Meter, Reckoning

_PLAIN_UNITS = {
    Basis.BYTE_HOURS: ("GB-hour", 10**9),
    Basis.OBJECT_HOURS: ("object-hours", 1),
    Basis.REQUESTS: ("requests", 1),
}
_GIGABYTE = ("GB", 10**9)
_BEYOND = "the price sheet knows no price for so much"


class Use(NamedTuple):
    """What a line used on a day."""

    quantity: int = 0
    unbilled: int = 0
    estimated: tuple[str, ...] = ()


_NONE = Use()


class Change(NamedTuple):
    """A meter on one day: what its month to date cost before and costs after."""

    day: date
    sheet: Sheet
    key: Key
    meter: Meter
    before: Reckoning
    after: Reckoning

    def of(self, component: str) -> int:
        return int(getattr(self.after, component) - getattr(self.before, component))


def together(contributions: Sequence[Contribution]) -> dict[Line, Use]:
    """Uses by line, in order of lines."""
    found: dict[Line, Use] = {}
    for one in contributions:
        use = found.get(one.line)
        if use is None:
            found[one.line] = Use(one.quantity, one.unbilled, one.estimated)
        else:
            estimated = tuple(sorted({*use.estimated, *one.estimated}))
            found[one.line] = Use(use.quantity + one.quantity, use.unbilled + one.unbilled, estimated)
    return dict(sorted(found.items()))


def settle(
    change: Change, uses: Mapping[Line, Use], month: Mapping[Line, int], *, always_by_month: bool = False
) -> list[Charge]:
    """Charges that add up to the change exactly.

    They are shared by what was used on the day. Where nothing was, or where the month got cheaper (because more is free when more
    is stored), by what was used in the month so far, `month`.
    """
    by_day = not month or (
        not always_by_month
        and any(use.quantity for use in uses.values())
        and min(change.of("amount"), change.of("unknown")) >= 0
    )
    if by_day:
        return _charges(change, uses, {line: use.quantity for line, use in uses.items()}, Span.DAY)
    lines = sorted({*uses, *month})
    return _charges(change, uses, {line: month.get(line, 0) for line in lines}, Span.MONTH_TO_DATE)


def unpriced(day: date, sheet: Sheet | None, reason: str, uses: Mapping[Line, Use]) -> list[Charge]:
    """Charges without an amount, for what has no price."""
    return [
        _without_price(day, sheet, line, use, _PLAIN_UNITS.get(line.basis, _GIGABYTE), reason)
        for line, use in uses.items()
    ]


def _charges(
    change: Change, uses: Mapping[Line, Use], weights: Mapping[Line, int], span: Span
) -> list[Charge]:
    """Each component is shared by itself; what the last nano-unit of them leaves is counted as rounding."""
    if not weights:
        return []
    parts = ("amount", "gross", "tiers", "allowance", "unknown")
    shares = [apportion(change.of(part), list(weights.values())) for part in parts]
    charges = []
    for line, *amounts, beyond in zip(weights, *shares, strict=True):
        use = uses.get(line, _NONE)
        if beyond:
            unit = (change.meter.unit, change.meter.per)
            unknown = use._replace(quantity=beyond, unbilled=0)
            charges.append(_without_price(change.day, change.sheet, line, unknown, unit, _BEYOND))
            use = use._replace(quantity=use.quantity - beyond)
        charges.append(_charge(change, span, line, use, amounts))
    return charges


def _charge(change: Change, span: Span, line: Line, use: Use, parts: Sequence[int]) -> Charge:
    amount, gross, tiers, allowance = parts
    return Charge(
        day=change.day,
        bucket=line.bucket,
        storage_class=line.storage_class,
        billed_as=change.key.storage_class,
        operation=line.operation,
        operation_class=change.key.operation_class,
        kind=line.kind,
        basis=line.basis,
        span=span,
        quantity=use.quantity,
        per=change.meter.per,
        unit=change.meter.unit,
        unit_price=change.meter.price,
        gross=gross,
        tiers=tiers,
        allowance=allowance,
        rounding=amount - gross - tiers - allowance,
        amount=amount,
        unbilled=use.unbilled,
        currency=change.sheet.currency,
        sheet=change.sheet.id,
        source=change.sheet.source,
        trust=change.after.trust,
        provenance=line.provenance,
        estimated=use.estimated,
        unset=change.sheet.unset,
    )


def _without_price(
    day: date, sheet: Sheet | None, line: Line, use: Use, unit: tuple[str, int], reason: str
) -> Charge:
    return Charge(
        day=day,
        bucket=line.bucket,
        storage_class=line.storage_class,
        billed_as="",
        operation=line.operation,
        operation_class="",
        kind=Kind.UNCLASSIFIED,
        basis=line.basis,
        span=Span.DAY,
        quantity=use.quantity,
        per=unit[1],
        unit=unit[0],
        unit_price=None,
        gross=0,
        tiers=0,
        allowance=0,
        rounding=0,
        amount=None,
        unbilled=use.unbilled,
        currency=sheet.currency if sheet else "",
        sheet=sheet.id if sheet else "",
        source=sheet.source if sheet else "",
        trust=Trust.UNVERIFIED,
        provenance=line.provenance,
        estimated=use.estimated,
        reason=reason,
        unset=bool(sheet and sheet.unset),
    )
