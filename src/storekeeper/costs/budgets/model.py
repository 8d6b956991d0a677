"""Nouns of budgets. Money is exact, as a decimal string in the currency named beside it; months and days are UTC."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import msgspec

from storekeeper.costs.model.outlook import BudgetState, Scope
from storekeeper.kernel.errors import BadInputError, ConflictError, NotFoundError

WARN_PERCENT = 80
Amount = Annotated[
    str, msgspec.Meta(max_length=32, description="A decimal number above 0, such as `50` or `12.50`.")
]
Currency = Annotated[str, msgspec.Meta(max_length=8, description="ISO 4217, such as `USD`.")]
Month = Annotated[str, msgspec.Meta(max_length=8, description="Such as `2026-11`.")]
Percent = Annotated[int, msgspec.Meta(ge=1, le=100)]
Name = Annotated[str, msgspec.Meta(max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


class Term(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a budget is from a month on, until another term begins."""

    active_from: str
    amount: str
    currency: str
    warn_percent: int  # at risk from that share spent on; with 100, only by what is projected
    reason: str
    updated_at: datetime
    updated_by: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a budget stood when that was looked at last, which is what receivers were told."""

    month: date
    state: BudgetState
    amount: int  # in nano-units: that of the budget then
    since: datetime


class Use(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where a budget stands in a month. Nothing is projected for a month that is over, or where no cost is known.

    `burn` is the share that is spent over the share of the month that is over: above 1 is too fast. `unknown` counts charges of
    unknown price, which are in no amount.
    """

    spent: str
    share: float
    projected: str | None
    low: str | None
    high: str | None
    coverage: float | None
    method: str
    burn: float | None
    used_up_on: date | None
    state: BudgetState
    since: datetime | None  # of the state, once it was told
    reason: str
    unknown: int


class Budget(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An amount a month for everything, or for the bucket or owner of that name, as it is in one month.

    `use` is null while the budget has not begun. `terms` are all that it was and will be, the latest first.
    """

    id: str
    scope: Scope
    name: str
    month: str
    amount: str
    currency: str
    warn_percent: int
    active_from: str
    reason: str
    use: Use | None
    terms: Sequence[Term]
    created_at: datetime
    updated_at: datetime
    updated_by: str


class BudgetPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Those that are worst off first."""

    items: Sequence[Budget]
    next_cursor: str | None
    month: str
    total: int


class OwnBudget(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The budget of one owner; null where there is none."""

    owner: str
    month: str
    budget: Budget | None


class BudgetLine(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A budget as a line of CSV."""

    scope: str
    name: str
    month: str
    amount: str
    currency: str
    warn_percent: int
    active_from: str
    spent: str | None
    projected: str | None
    low: str | None
    high: str | None
    share: float | None
    burn: float | None
    used_up_on: date | None
    state: str | None
    reason: str


class NewBudget(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What makes a budget. Without a currency it is in that which most is paid in; without a month it begins with this one."""

    scope: Scope
    name: Name = ""  # of the bucket or owner
    amount: Amount
    currency: Currency = ""
    warn_percent: Percent = WARN_PERCENT
    active_from: Month = ""
    reason: Reason


class BudgetChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What an edit may change from a month on, which is the present one or a later one; fields that are not given stay."""

    amount: Amount | msgspec.UnsetType = msgspec.UNSET
    currency: Currency | msgspec.UnsetType = msgspec.UNSET
    warn_percent: Percent | msgspec.UnsetType = msgspec.UNSET
    active_from: Month = ""
    reason: Reason


class UnknownBudgetError(NotFoundError):
    """There is no budget of that id."""

    slug, title = "unknown-budget", "Unknown budget"


class BudgetExistsError(ConflictError):
    """There is a budget for the same bucket, the same owner or everything; `budgetId` names it."""

    slug, title = "budget-exists", "Budget exists already"


class BadBudgetError(BadInputError):
    """The budget is for nothing, is of nothing, or would change a month that is over."""

    slug, title = "bad-budget", "Budget refused"
