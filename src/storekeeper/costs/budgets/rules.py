"""Pure decisions about budgets: when their state changes, what of that is news, and what an owner will cost."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from storekeeper.costs.budgets.model import BadBudgetError, Standing, Term
from storekeeper.costs.model import NANO
from storekeeper.costs.model.outlook import BudgetState, BudgetUse, Projection, Scope
from storekeeper.costs.rules.periods import month_of
from storekeeper.costs.sheets.currencies import CURRENCIES

CLEARED_PERCENT = 95  # of a threshold: use must fall below that before the state falls back
OF_OWNER = "Each bucket's projection, by the owner's share of the bucket's month so far."
_ORDER = list(BudgetState)


def nano_of(amount: str) -> int:
    """Nano-units of a decimal number. Raises BadBudgetError for nothing, and for more digits than money has."""
    whole, _, places = amount.partition(".")
    digits = whole + places
    if not (digits.isascii() and digits.isdecimal() and whole) or len(whole) > 9 or len(places) > 9:
        raise BadBudgetError(
            f"amount: {amount[:50]!r} is not an amount of money.", hint="Write for example 50 or 12.50."
        )
    nano = int(Decimal(amount) * NANO)
    if not nano:
        raise BadBudgetError("amount: a budget is more than nothing.")
    return nano


def check_currency(currency: str) -> None:
    """Raises BadBudgetError."""
    if currency not in CURRENCIES:
        raise BadBudgetError(
            f"currency: {currency[:10]!r} is not one.", hint="Write its code in ISO 4217, such as USD."
        )


def check_scope(scope: Scope, name: str) -> None:
    """Raises BadBudgetError."""
    if scope is Scope.EVERYTHING and name:
        raise BadBudgetError("A budget for everything has no name.", hint="Leave the name out.")
    if scope is not Scope.EVERYTHING and not name:
        raise BadBudgetError(f"name: say of which {scope}.")


def begin(month: str, present: str) -> str:
    """The month from which a term holds. Raises MonthError, and BadBudgetError for one that is over."""
    if month and month_of(month) < month_of(present):
        raise BadBudgetError(
            f"activeFrom: {month} is over, and stays as it was.", hint=f"Write {present} or a later month."
        )
    return month or present


def term_of(terms: Sequence[Term], month: str) -> Term | None:
    """The one that holds in a month: the latest that has begun. None before the first."""
    return max(
        (one for one in terms if one.active_from <= month), key=lambda one: one.active_from, default=None
    )


def state_of(use: BudgetUse, before: Standing | None, month: date) -> BudgetState:
    """Worse at once; better only below 95 % of what made it worse, so that a projection on the edge does not flap.

    What was before counts only within the same month and for the same amount.
    """
    is_same = before is not None and (before.month, before.amount) == (month, use.budget.amount)
    if before is None or not is_same or _ORDER.index(use.state) >= _ORDER.index(before.state):
        return use.state
    amount = use.budget.amount * CLEARED_PERCENT
    if before.state is BudgetState.EXCEEDED and use.spent * 100 >= amount:
        return BudgetState.EXCEEDED
    warned = use.budget.warn_percent < 100 and use.spent * 10_000 >= amount * use.budget.warn_percent
    if use.projected * 100 >= amount or warned:
        return BudgetState.AT_RISK
    return use.state


def is_news(before: Standing | None, state: BudgetState, month: date) -> bool:
    """Whether receivers are told: each change once, and once again where a new month goes wrong as well."""
    if before is None or month < before.month:
        return state is not BudgetState.OK
    return state is not before.state or (month != before.month and state is not BudgetState.OK)


def of_owner(parts: Sequence[tuple[int, Projection]]) -> Projection | None:
    """What an owner will cost, from their share of each bucket and the bucket's projection; None without any.

    Days of owners are not known, so each bucket is taken to go on with the owner's share of its month so far. The ends of the interval
    are added up, which makes it rather too wide.
    """
    if not parts:
        return None
    _, first = parts[0]
    spent = sum(own for own, _ in parts)
    ahead = [
        sum(_part(own, whole.spent, whole.ahead[place]) for own, whole in parts)
        for place in range(len(first.ahead))
    ]
    rest, low, high = (
        sum(_part(own, whole.spent, getattr(whole, end) - whole.spent) for own, whole in parts)
        for end in ("total", "low", "high")
    )
    return Projection(
        month=first.month, spent=spent, total=spent + rest, low=spent + low, high=spent + high,
        coverage=first.coverage, method=OF_OWNER, days=max(whole.days for _, whole in parts), ahead=tuple(ahead),
    )  # fmt: skip


def finished(spent: int, month: date, days: int) -> Projection:
    """Of a month that is over: what it has cost."""
    return Projection(
        month=month, spent=spent, total=spent, low=spent, high=spent, coverage=1.0,
        method="The month is over.", days=days, ahead=(),
    )  # fmt: skip


def _part(own: int, whole: int, amount: int) -> int:
    return round(amount * own / whole) if whole else 0
