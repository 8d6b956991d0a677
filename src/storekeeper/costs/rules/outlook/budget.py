"""Where a budget stands: spent, projected, how fast it burns, and when it will be used up."""

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from storekeeper.costs.model.outlook import Budget, BudgetState, BudgetUse, Projection, Scope
from storekeeper.costs.rules.explain import money


class _Verdict(NamedTuple):
    state: BudgetState
    used_up_on: date | None
    reason: str


def judge(budget: Budget, projection: Projection, today: date, elapsed: float = 0.0) -> BudgetUse:
    """The budget by a projection of what it is for, in the same currency; `elapsed` is the share of today that is over.

    Exceeded when more than all of it is spent; at risk when it is projected to be, or when the warning is reached. Raises ValueError
    for an amount that is not positive, a name that is missing or too much, and a projection of another month.
    """
    _check(budget, projection, today)
    share = projection.spent / budget.amount
    over = (today.day - 1 + elapsed) / _length(today)
    verdict = _verdict(budget, projection, today)
    return BudgetUse(
        budget=budget,
        spent=projection.spent,
        projected=projection.total,
        burn=share / over if over else None,
        used_up_on=verdict.used_up_on,
        state=verdict.state,
        reason=verdict.reason,
    )


def _check(budget: Budget, projection: Projection, today: date) -> None:
    if budget.amount <= 0:
        raise ValueError(f"a budget is more than nothing, not {budget.amount}")
    if bool(budget.name) == (budget.scope is Scope.EVERYTHING):
        raise ValueError("a budget of a bucket or owner has its name, one of everything has none")
    if projection.month != today.replace(day=1):
        raise ValueError(f"the projection is of the month of {projection.month}, not of {today}")


def _verdict(budget: Budget, projection: Projection, today: date) -> _Verdict:
    spent = f"{money(projection.spent)} of {money(budget.amount)} {budget.currency} is spent"
    if projection.spent > budget.amount:
        over = money(projection.spent - budget.amount)
        return _Verdict(BudgetState.EXCEEDED, None, f"{spent}: {over} too much.")
    expected = f"{money(projection.total)} is expected by the end of the month"
    if projection.total > budget.amount:
        on = _used_up_on(budget, projection, today)
        return _Verdict(BudgetState.AT_RISK, on, f"{spent} and {expected}; it will be used up on {on}.")
    if budget.warn_percent < 100 and projection.spent * 100 >= budget.amount * budget.warn_percent:
        warned = f"{spent}, beyond the warning at {budget.warn_percent} %"
        return _Verdict(BudgetState.AT_RISK, None, f"{warned}, and {expected}.")
    could = f", but {money(projection.high)} is possible" if projection.high > budget.amount else ""
    return _Verdict(BudgetState.OK, None, f"{spent} and {expected}{could}.")


def _used_up_on(budget: Budget, projection: Projection, today: date) -> date:
    """The day on which the expected days reach the amount; what is missing from days gone by counts as spent today."""
    return next(
        (day for day, running in _running(projection, today) if running > budget.amount),
        today.replace(day=_length(today)),
    )


def _running(projection: Projection, today: date) -> Iterator[tuple[date, int]]:
    running = projection.total - sum(projection.ahead)
    for number, amount in enumerate(projection.ahead):
        running += amount
        yield today + timedelta(number), running


def _length(today: date) -> int:
    return calendar.monthrange(today.year, today.month)[1]
