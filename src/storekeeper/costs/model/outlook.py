"""What comes of looking ahead: projections, budgets, comparisons and savings. Amounts are nano-units of a currency."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import msgspec

from storekeeper.costs.model.charge import Kind


class Projection(msgspec.Struct, frozen=True, kw_only=True):
    """What the month that begins on `month` will cost: `total`, which is between `low` and `high` in `coverage` of all cases.

    `ahead` has what is expected of the rest of today, then of each day to the end of the month.
    """

    month: date
    spent: int
    total: int
    low: int
    high: int
    coverage: float
    method: str
    days: int  # learnt from
    ahead: tuple[int, ...]


class Scope(StrEnum):
    """What a budget is for."""

    EVERYTHING = "everything"
    BUCKET = "bucket"
    OWNER = "owner"


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """An amount a month for everything, or for the bucket or owner of that name.

    From `warn_percent` of it spent on it is at risk, whatever is projected; with 100, only what is projected counts.
    """

    scope: Scope
    amount: int
    currency: str
    name: str = ""
    warn_percent: int = 100


class BudgetState(StrEnum):
    """In order of severity: within, about to be exceeded, exceeded."""

    OK = "ok"
    AT_RISK = "at-risk"
    EXCEEDED = "exceeded"


class BudgetUse(msgspec.Struct, frozen=True, kw_only=True):
    """Where a budget stands. `burn` is the share that is spent over the share of the month that is over: above 1 is too fast.

    `used_up_on` is the day of this month on which it will be used up at this pace; None when it lasts, or is used up already.
    """

    budget: Budget
    spent: int
    projected: int
    burn: float | None  # None at the very beginning of a month
    used_up_on: date | None
    state: BudgetState
    reason: str


class Unpriced(msgspec.Struct, frozen=True, kw_only=True):
    """What has no known price at a provider: `quantity` is in `unit`s of `per`, as in charges."""

    what: str  # the operation, or what is billed
    quantity: int
    per: int
    unit: str
    reason: str


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """What moving costs once: reading everything and sending it out where it is, writing it anew, and what is left of minimum durations.

    `minimum_duration` is None when it is not known what of it is left. `unpriced` is not in the total.
    """

    leaving: int
    writing: int
    minimum_duration: int | None
    unpriced: tuple[Unpriced, ...] = ()

    @property
    def total(self) -> int:
        return self.leaving + self.writing + (self.minimum_duration or 0)


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """The workload of a month priced in one storage class of a provider and region; without a class: stored as it is now.

    `is_comparable` says that all bytes have a price that someone entered, in the present currency; other totals say too little.
    `difference` is to the present total, `break_even_months` are those until moving has paid: None when there is nothing to compare,
    or it never pays, for the `reason` given.
    """

    provider: str
    region: str
    title: str
    storage_class: str
    is_present: bool
    total: int
    currency: str
    parts: Mapping[Kind, int]
    unpriced: tuple[Unpriced, ...]
    is_comparable: bool
    unset: bool
    estimated: tuple[str, ...]
    difference: int | None
    migration: Migration | None
    break_even_months: float | None
    reason: str
    sheets: tuple[str, ...]


class SavingKind(StrEnum):
    """Where money can be saved."""

    UNFINISHED_UPLOADS = "unfinished-uploads"
    NONCURRENT_VERSIONS = "noncurrent-versions"
    COLD_DATA = "cold-data"
    TINY_OBJECTS = "tiny-objects"
    CHATTY_LISTING = "chatty-listing"
    DUPLICATES = "duplicates"


class Confidence(StrEnum):
    """How sure a saving is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Saving(msgspec.Struct, frozen=True, kw_only=True):
    """What could be saved in a bucket: `amount` a month (None: it can not be known), why, and how to act."""

    kind: SavingKind
    bucket: str
    amount: int | None
    currency: str
    confidence: Confidence
    why: str
    how: str
    figures: Mapping[str, int]
