"""Where a budget stands, by hand, and that more spent is never a better state."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.costs.model.outlook import Budget, BudgetState, Projection, Scope
from storekeeper.costs.rules.outlook.budget import judge
from storekeeper.costs.rules.outlook.projection import project

NANO = 10**9
TODAY = date(2026, 11, 11)
ORDER = list(BudgetState)


def budget(amount, **more):
    return Budget(amount=amount * NANO, currency="USD", **{"scope": Scope.EVERYTHING} | more)


def steady(a_day, today=TODAY):
    """So much on each of the last 60 days."""
    return project({today - timedelta(number): a_day * NANO for number in range(1, 61)}, today)


def projection(spent, ahead):
    total = spent + sum(ahead)
    return Projection(
        month=TODAY.replace(day=1), spent=spent, total=total, low=spent, high=total + 5, coverage=0.8, method="", days=10,
        ahead=tuple(ahead),
    )  # fmt: skip


def test_within():
    # 100 of 400 are a quarter, when a third of the month is over.
    use = judge(budget(400), steady(10), TODAY)
    assert use.state is BudgetState.OK
    assert use.burn == pytest.approx(0.75)
    assert use.used_up_on is None
    assert (use.spent, use.projected) == (100 * NANO, 300 * NANO)
    assert use.reason == "100.00 of 400.00 USD is spent and 300.00 is expected by the end of the month."


def test_exactly_all_of_it_is_within():
    assert judge(budget(300), steady(10), TODAY).state is BudgetState.OK


def test_at_risk():
    # 100 are spent by the 10th, 10 more each day: 250 are reached on the 25th, and passed on the 26th.
    use = judge(budget(250), steady(10), TODAY)
    assert use.state is BudgetState.AT_RISK
    assert use.burn == pytest.approx(1.2)
    assert use.used_up_on == date(2026, 11, 26)
    assert use.reason.endswith("it will be used up on 2026-11-26.")


def test_exceeded():
    use = judge(budget(90), steady(10), TODAY)
    assert (use.state, use.used_up_on) == (BudgetState.EXCEEDED, None)
    assert use.reason == "100.00 of 90.00 USD is spent: 10.00 too much."


def test_what_is_possible_is_told():
    use = judge(
        Budget(scope=Scope.OWNER, name="ann", amount=103, currency="USD"), projection(100, [1] * 2), TODAY
    )
    assert use.state is BudgetState.OK
    assert use.reason.endswith("but 0.000000107 is possible.")


def test_the_month_has_only_begun():
    use = judge(budget(400), steady(10, date(2026, 11, 1)), date(2026, 11, 1))
    assert (use.burn, use.state) == (None, BudgetState.OK)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amount": 0}, "more than nothing"),
        ({"scope": Scope.BUCKET}, "has its name"),
        ({"name": "photos"}, "has none"),
    ],
)
def test_a_budget_that_can_not_be(changes, message):
    wrong = budget(**{"amount": 10} | changes)
    with pytest.raises(ValueError, match=message):
        judge(wrong, steady(10), TODAY)


def test_the_projection_of_another_month_is_refused():
    with pytest.raises(ValueError, match="of the month of 2026-11-01, not of 2026-12-01"):
        judge(budget(10), steady(10), date(2026, 12, 1))


amounts = st.integers(0, 10**6)


@given(st.integers(1, 10**6), amounts, amounts, st.lists(amounts, min_size=20, max_size=20))
def test_more_spent_is_never_a_better_state(amount, spent, more, ahead):
    it = Budget(scope=Scope.EVERYTHING, amount=amount, currency="USD")
    less, after = (judge(it, projection(one, ahead), TODAY, elapsed=0.5) for one in (spent, spent + more))
    assert ORDER.index(less.state) <= ORDER.index(after.state)
    assert less.burn <= after.burn
    if less.used_up_on and after.used_up_on:
        assert after.used_up_on <= less.used_up_on


@given(st.integers(1, 10**6), st.integers(1, 10**6), amounts, st.lists(amounts, min_size=20, max_size=20))
def test_a_larger_budget_is_never_in_a_worse_state(amount, more, spent, ahead):
    small, large = (
        judge(Budget(scope=Scope.EVERYTHING, amount=one, currency="USD"), projection(spent, ahead), TODAY)
        for one in (amount, amount + more)
    )
    assert ORDER.index(large.state) <= ORDER.index(small.state)
