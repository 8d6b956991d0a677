"""What a month's quantity costs: rounded up, less the allowance, tier by tier."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import NamedTuple

from storekeeper.costs.model import NANO, Tier, Trust

# Enough digits that a quotient is only ever rounded once, to a whole nano-unit: no divisor here has more than 20.
_EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)
_ORDER = list(Trust)


class Step(NamedTuple):
    """A tier in smallest quantities: up to where (None: without end), what a unit costs (None: unknown), how trusted."""

    up_to: int | None
    price: Decimal | None
    trust: Trust


class Meter(NamedTuple):
    """How one thing is billed over an account's month. `per` smallest quantities are one unit."""

    unit: str
    per: int
    steps: tuple[Step, ...]
    allowance: int = 0
    whole_units: bool = False

    @property
    def price(self) -> Decimal | None:
        return self.steps[0].price


class Reckoning(NamedTuple):
    """What a quantity costs, in nano-units, and how that comes; `unknown` is how much of the quantity has no known price."""

    amount: int
    gross: int
    tiers: int
    allowance: int
    rounding: int
    unknown: int
    trust: Trust


def reckon(meter: Meter, quantity: int) -> Reckoning:
    """The cost of a month's quantity. Allowances come off after rounding, tiers count what is left of it."""
    rounded = -(-quantity // meter.per) * meter.per if meter.whole_units else quantity
    taken = min(max(meter.allowance, 0), rounded)
    first = meter.price or Decimal(0)
    by_tier, unknown, trust = _climb(meter, rounded - taken)
    known = rounded - taken - unknown
    amount = _nano(by_tier, meter.per)
    gross = _nano(_times(first, quantity - min(unknown, quantity)), meter.per)
    allowance = -_nano(_times(first, taken), meter.per)
    tiers = _nano(_EXACT.subtract(by_tier, _times(first, known)), meter.per)
    return Reckoning(amount, gross, tiers, allowance, amount - gross - allowance - tiers, unknown, trust)


def steps(tiers: Iterable[Tier], hours: int, trust: Trust) -> tuple[Step, ...]:
    """Tiers of bytes as steps of byte-hours; those without a trust of their own have that of what they are part of."""
    return tuple(
        Step(None if tier.up_to is None else tier.up_to * hours, tier.price, tier.trust or trust)
        for tier in tiers
    )


def worst(*trusts: Trust) -> Trust:
    return max(trusts, key=_ORDER.index)


def _climb(meter: Meter, billable: int) -> tuple[Decimal, int, Trust]:
    """What the tiers that are reached cost (in prices of a smallest quantity), what of it has no price, and the least trust."""
    total, unknown, floor, trust = Decimal(0), 0, 0, meter.steps[0].trust
    for step in meter.steps:
        if billable <= floor and floor:
            break
        within = (billable if step.up_to is None else min(billable, step.up_to)) - floor
        if step.price is None:
            unknown += within
        else:
            total = _EXACT.add(total, _times(step.price, within))
        trust = worst(trust, step.trust)
        floor = billable if step.up_to is None else step.up_to
    return total, unknown, trust


def _times(price: Decimal, quantity: int) -> Decimal:
    return _EXACT.multiply(price, Decimal(quantity))


def _nano(money: Decimal, per: int) -> int:
    exact = _EXACT.divide(_times(money, NANO), Decimal(per))
    return int(exact.to_integral_value(ROUND_HALF_EVEN))
