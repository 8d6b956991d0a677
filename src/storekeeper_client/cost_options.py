"""What the API tells of other ways to store the same, and the calls for it. Money is exact, as in `costs`."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from .costs import money
from .model import Noun
from .session import Session

_HUNDRED = 100


def signed(amount: str | Decimal, currency: str) -> str:
    """A difference for reading: what is more has a plus."""
    return f"{'+' if Decimal(amount) > 0 else ''}{money(amount, currency)}"


def percent(difference: str | Decimal, present: str | Decimal) -> str:
    """For example `+23.5 %`; empty where the present is nothing."""
    whole = Decimal(present)
    if whole <= 0:
        return ""
    ratio = Decimal(difference) * 100 / whole
    sign = "+" if ratio > 0 else "\u2212" if ratio < 0 else ""
    return f"{sign}{abs(ratio):,.{1 if abs(ratio) < _HUNDRED else 0}f} %"


def pays(months: float | None, reason: str) -> str:
    """After how many months moving has paid; the reason where it does not, or that is not known."""
    if months is None:
        return reason
    if not months:
        return "at once"
    return f"after {months:,.{0 if months == int(months) else 1}f} month{'' if months == 1 else 's'}"


class PricedPart(Noun, frozen=True, kw_only=True):
    """What a month costs there for one kind of charge."""

    kind: str
    amount: str


class MigrationCosts(Noun, frozen=True, kw_only=True):
    """What moving costs once. `minimum_duration` is None when what is left of it is not known; `unpriced` is not in the total."""

    total: str
    leaving: str = "0.00"
    writing: str = "0.00"
    minimum_duration: str | None = None
    unpriced: Sequence[str] = ()


class Alternative(Noun, frozen=True, kw_only=True):
    """The same month in one storage class of a provider; no class: as it is stored now. `total` leaves out what is `unpriced`.

    `difference` is to what it costs at present, None where that can not be told. `break_even_months` is None where moving
    never pays, or that is not known, for the `reason`.
    """

    provider: str
    total: str
    currency: str
    region: str = ""
    title: str = ""
    storage_class: str = ""
    present: bool = False
    parts: Sequence[PricedPart] = ()
    unpriced: Sequence[str] = ()
    comparable: bool = False
    unset: bool = False
    estimated: Sequence[str] = ()
    difference: str | None = None
    migration: MigrationCosts | None = None
    break_even_months: float | None = None
    reason: str = ""
    sheets: Sequence[str] = ()


class AccountComparison(Noun, frozen=True, kw_only=True):
    """One account's alternatives, the cheapest first; those that say too little are last."""

    account: str
    provider: str = ""
    region: str = ""
    buckets: Sequence[str] = ()
    items: Sequence[Alternative] = ()


class Comparison(Noun, frozen=True, kw_only=True):
    """A month's workload priced everywhere. `completed` tells how the rest of a month that is under way was filled in."""

    month: str
    completed: str = ""
    accounts: Sequence[AccountComparison] = ()


class Saving(Noun, frozen=True, kw_only=True):
    """What could be saved in a bucket: `amount` a month, None where it can not be known; why, and how to act."""

    kind: str
    bucket: str
    amount: str | None
    currency: str = ""
    confidence: str = ""  # high, medium, low
    why: str = ""
    how: str = ""
    figures: Mapping[str, int] = {}


class Savings(Noun, frozen=True, kw_only=True):
    """The largest first. `completed` tells how the rest of the month was filled in."""

    items: Sequence[Saving] = ()
    completed: str = ""


class CostOptionCalls:
    """The part of `Client` that is about what could be paid instead."""

    _session: Session

    def compare_costs(self, *, month: str = "") -> Comparison:
        """A month, such as `2026-11`, at every provider and in every storage class; none is the present one."""
        return self._session.call(
            "GET", "/api/costs/comparison", Comparison, body=None, query={"month": month}
        )

    def savings(self) -> Savings:
        """Where money could be saved, as the present month goes."""
        return self._session.call("GET", "/api/costs/savings", Savings, body=None, query={})
