"""What is told of costs. Money is exact, as a decimal string in the currency named beside it; days are UTC."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from storekeeper.kernel.errors import BadInputError, ConflictError


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One line of a breakdown; the lines add up to the whole. `unknown` counts charges that no price is known for."""

    name: str
    amount: str
    share: float
    estimated: bool = False
    unknown: int = 0


class DayCosts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one day cost; its four parts add up to `amount`."""

    day: date
    amount: str
    storage: str
    requests: str
    egress: str
    other: str


class SheetUsed(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A price sheet that charges are made by."""

    id: str
    title: str
    source: str
    read: date
    age_days: int
    stale: bool
    trust: str
    unset: bool
    own: bool


class Projection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the whole month will cost, and between what with that probability."""

    amount: str
    low: str
    high: str
    coverage: float
    method: str
    learnt_from_days: int


class MonthCosts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A month up to now, of everything or of one bucket, in one currency, with its days.

    `dailyAverage` is over the days that are known. `otherCharges` are those of reading from infrequent classes. What `estimated` is
    true of, says itself why among its charges.
    """

    month: str
    bucket: str
    currency: str
    currencies: Sequence[str]
    month_to_date: str
    daily_average: str
    storage_charges: str
    request_charges: str
    egress_charges: str
    other_charges: str
    previous_month: str
    projection: Projection | None
    estimated: bool
    provenance: str
    trend: Sequence[DayCosts]


class CostReport(MonthCosts, frozen=True, kw_only=True, rename="camel"):
    """The same with what it is made of. `unclassified` lists what no price is known for, which is in no sum."""

    by_bucket: Sequence[Part]
    by_storage_class: Sequence[Part]
    by_operation: Sequence[Part]
    by_kind: Sequence[Part]
    by_owner: Sequence[Part]
    unclassified: Sequence[str]
    sheets: Sequence[SheetUsed]
    closed_at: datetime | None  # from then on the month stays as it is
    generated_at: datetime


class OwnCosts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One owner's share of a month up to now; the lines of each breakdown add up to `monthToDate`."""

    month: str
    owner: str
    currency: str
    month_to_date: str
    storage_charges: str
    request_charges: str
    egress_charges: str
    other_charges: str
    by_bucket: Sequence[Part]
    by_kind: Sequence[Part]
    rule: str
    provenance: str


class ChargeLine(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One charge with its computation in a sentence. `amount` is None where no price is known."""

    day: date
    bucket: str
    storage_class: str
    operation: str
    operation_class: str
    kind: str
    amount: str | None
    currency: str
    unit_price: str | None
    quantity: str
    unit: str
    provenance: str
    sheet: str
    trust: str
    estimated: Sequence[str]
    sentence: str


class ChargePage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[ChargeLine]
    next_cursor: str | None


class SheetListed(SheetUsed, frozen=True, kw_only=True, rename="camel"):
    """A price sheet that is there, with its text."""

    provider: str
    region: str
    currency: str
    effective_from: date | None
    effective_until: date | None
    file: str


class SheetProblem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is wrong with a price sheet of one's own, which is left out for it."""

    file: str
    line: int
    message: str


class SheetList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[SheetListed]
    problems: Sequence[SheetProblem]
    next_cursor: None = None


class ClosedSheet(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The version of a price sheet that a closed month is by: SHA-256 of its text."""

    id: str
    digest: str
    changed: bool = False


class ClosedMonth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A month that stays as it was worked out. `totals` by currency."""

    month: str
    closed_at: datetime
    totals: Mapping[str, str]
    sheets: Sequence[ClosedSheet]


class ClosedMonthList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: Sequence[ClosedMonth]
    next_cursor: None = None


class MonthOpenError(ConflictError):
    slug, title = "month-open", "Not closed"


class MonthError(BadInputError):
    slug, title = "bad-month", "Not a month"


class CurrencyError(BadInputError):
    slug, title = "bad-currency", "Not a currency of this month"
