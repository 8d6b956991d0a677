"""What the API tells of costs, and the calls for them. Money is an exact decimal number in text, in the currency named beside it."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal

from .model import Noun, Page, Started
from .session import Session

_CENT = Decimal("0.01")
_FOUR_DIGITS = Context(prec=4, rounding=ROUND_HALF_EVEN)
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def money(amount: str | Decimal, currency: str) -> str:
    """For reading: cents from one unit on, else four digits: `$1,234.57`, `$0.0034`, `12.00 CHF`."""
    value = Decimal(amount)
    size = abs(value)
    if size and size < 1:
        whole, _, places = f"{_FOUR_DIGITS.plus(size):f}".partition(".")
        written = f"{whole}.{places.rstrip('0').ljust(2, '0')}"
    else:
        written = f"{size.quantize(_CENT, ROUND_HALF_EVEN):,f}"
    sign, symbol = "\u2212" if value < 0 else "", _SYMBOLS.get(currency, "")
    return f"{sign}{symbol}{written}" if symbol else f"{sign}{written} {currency}"


class Part(Noun, frozen=True, kw_only=True):
    """One line of a breakdown. `unknown` counts charges that no price is known for, which are in no sum."""

    name: str
    amount: str
    share: float = 0.0
    estimated: bool = False
    unknown: int = 0


class DayCosts(Noun, frozen=True, kw_only=True):
    """What one day (UTC) cost; its four parts add up to `amount`."""

    day: date
    amount: str
    storage: str = "0.00"
    requests: str = "0.00"
    egress: str = "0.00"
    other: str = "0.00"


class PriceSheet(Noun, frozen=True, kw_only=True):
    """Prices of one provider and region. `unset`: its zeros say that nobody entered a price, not that it is free."""

    id: str
    title: str = ""
    provider: str = ""
    region: str = ""
    currency: str = ""
    source: str = ""
    read: date
    age_days: int = 0
    stale: bool = False
    trust: str = ""  # verified, quoted, unverified
    unset: bool = False
    own: bool = False
    effective_from: date | None = None
    effective_until: date | None = None
    file: str = ""


class SheetProblem(Noun, frozen=True, kw_only=True):
    """Why a price sheet of one's own is left out."""

    file: str
    line: int = 0
    message: str = ""


class PriceSheets(Noun, frozen=True, kw_only=True):
    """All price sheets, and what is wrong with those that are left out."""

    items: Sequence[PriceSheet] = ()
    problems: Sequence[SheetProblem] = ()


class Projection(Noun, frozen=True, kw_only=True):
    """What the whole month will cost: between `low` and `high` in `coverage` (0…1) of all cases."""

    amount: str
    low: str
    high: str
    coverage: float = 0.0
    method: str = ""
    learnt_from_days: int = 0


class Costs(Noun, frozen=True, kw_only=True):
    """A month up to now. The lines of each breakdown but `by_operation` add up to `month_to_date`."""

    month: str
    currency: str
    month_to_date: str
    bucket: str = ""
    currencies: Sequence[str] = ()
    daily_average: str = "0.00"
    storage_charges: str = "0.00"
    request_charges: str = "0.00"
    egress_charges: str = "0.00"
    other_charges: str = "0.00"
    previous_month: str = "0.00"
    projection: Projection | None = None
    estimated: bool = False
    provenance: str = ""
    trend: Sequence[DayCosts] = ()
    by_bucket: Sequence[Part] = ()
    by_storage_class: Sequence[Part] = ()
    by_operation: Sequence[Part] = ()
    by_kind: Sequence[Part] = ()
    by_owner: Sequence[Part] = ()
    unclassified: Sequence[str] = ()
    sheets: Sequence[PriceSheet] = ()
    closed_at: datetime | None = None  # from then on the month stays as it is
    generated_at: datetime | None = None


class OwnCosts(Noun, frozen=True, kw_only=True):
    """One owner's share of a month up to now."""

    month: str
    owner: str
    currency: str
    month_to_date: str
    storage_charges: str = "0.00"
    request_charges: str = "0.00"
    egress_charges: str = "0.00"
    other_charges: str = "0.00"
    by_bucket: Sequence[Part] = ()
    by_kind: Sequence[Part] = ()
    rule: str = ""
    provenance: str = ""


class Charge(Noun, frozen=True, kw_only=True):
    """One thing on one day, with its computation in a sentence. `amount` is None where no price is known."""

    day: date
    bucket: str
    kind: str
    amount: str | None
    currency: str = ""
    storage_class: str = ""
    operation: str = ""
    operation_class: str = ""
    unit_price: str | None = None
    quantity: str = ""
    unit: str = ""
    provenance: str = ""
    sheet: str = ""
    trust: str = ""
    estimated: Sequence[str] = ()
    sentence: str = ""


class CostCalls:
    """The part of `Client` that is about costs. A month is `2026-11`; none is the present one."""

    _session: Session

    def costs(self, *, month: str = "", bucket: str = "", currency: str = "") -> Costs:
        """Of everything or one bucket; in the currency that most is paid in, where none is given."""
        query = {"month": month, "bucket": bucket, "currency": currency}
        return self._session.call("GET", "/api/admin/metrics/costs", Costs, body=None, query=query)

    def own_costs(self, *, owner: str = "", month: str = "") -> OwnCosts:
        """The caller's share; of another owner, for who may see it."""
        query = {"owner": owner, "month": month}
        return self._session.call("GET", "/api/user/storage/costs", OwnCosts, body=None, query=query)

    def charges(
        self, *, month: str = "", bucket: str = "", cursor: str = "", limit: int = 100
    ) -> Page[Charge]:
        """Single charges by day; `next_cursor` continues them."""
        query = {"month": month, "bucket": bucket, "cursor": cursor, "limit": limit}
        return self._session.call("GET", "/api/costs/charges", Page[Charge], body=None, query=query)

    def price_sheets(self) -> PriceSheets:
        return self._session.call("GET", "/api/prices", PriceSheets, body=None, query={})

    def reopen_month(self, month: str, reason: str) -> None:
        """Have a closed month worked out anew with the next calculation."""
        self._session.call(
            "POST", f"/api/costs/months/{month}/reopen", type(None), body={"reason": reason}, query={}
        )

    def calculate_costs(self) -> str:
        """Work out costs now; the id of the run. Raises ApiError with `problem.run_id` when one is under way."""
        return self._session.call(
            "POST", "/api/monitoring/calculate-costs", Started, body=None, query={}
        ).run_id
