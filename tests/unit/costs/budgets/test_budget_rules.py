"""When a budget's state changes, when that is news, and what an owner is expected to cost."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.costs.budgets import rules
from storekeeper.costs.budgets.model import BadBudgetError, Standing
from storekeeper.costs.model.outlook import Budget, BudgetState, BudgetUse, Projection, Scope
from storekeeper.costs.model.report import MonthError
from storekeeper.costs.rules.outlook.budget import judge

MONTH, NEXT = date(2026, 11, 1), date(2026, 12, 1)
TODAY = date(2026, 11, 16)
THEN = datetime(2026, 11, 5, tzinfo=UTC)
OK, AT_RISK, EXCEEDED = BudgetState


def projection(spent, total, days=15):
    ahead = tuple(
        [(total - spent) // days] * (days - 1) + [total - spent - (total - spent) // days * (days - 1)]
    )
    return Projection(
        month=MONTH, spent=spent, total=total, low=spent, high=total * 2 - spent, coverage=0.8, method="", days=15, ahead=ahead,
    )  # fmt: skip


def judged(spent, total, amount=1000, warn=100) -> BudgetUse:
    budget = Budget(scope=Scope.EVERYTHING, amount=amount, currency="USD", warn_percent=warn)
    return judge(budget, projection(spent, total), TODAY)


def before(state, month=MONTH, amount=1000):
    return Standing(month=month, state=state, amount=amount, since=THEN)


@pytest.mark.parametrize(
    ("spent", "total", "warn", "state"),
    [(799, 900, 80, OK), (800, 900, 80, AT_RISK), (800, 900, 100, OK), (1, 1001, 80, AT_RISK), (1001, 1001, 80, EXCEEDED)],
)  # fmt: skip
def test_a_warning_is_at_risk_before_it_is_projected(spent, total, warn, state):
    use = judged(spent, total, warn=warn)
    assert use.state is state
    assert ("beyond the warning at 80 %" in use.reason) is ((spent, warn) == (800, 80))


@pytest.mark.parametrize(
    ("was", "spent", "total", "warn", "now"),
    [
        (OK, 500, 1001, 80, AT_RISK),
        (AT_RISK, 500, 1000, 80, AT_RISK),
        (AT_RISK, 500, 950, 80, AT_RISK),
        (AT_RISK, 500, 949, 80, OK),
        (AT_RISK, 760, 900, 80, AT_RISK),
        (AT_RISK, 759, 900, 80, OK),
        (AT_RISK, 759, 900, 100, OK),
        (EXCEEDED, 950, 960, 80, EXCEEDED),
        (EXCEEDED, 949, 960, 80, AT_RISK),
        (EXCEEDED, 100, 200, 80, OK),
        (EXCEEDED, 100, 960, 80, AT_RISK),
    ],
)
def test_it_is_worse_at_once_and_better_only_below_95_percent(was, spent, total, warn, now):
    assert rules.state_of(judged(spent, total, warn=warn), before(was), MONTH) is now


def test_another_month_and_another_amount_begin_anew():
    use = judged(500, 960)
    assert rules.state_of(use, before(AT_RISK), MONTH) is AT_RISK
    for other in (None, before(AT_RISK, date(2026, 10, 1)), before(EXCEEDED, amount=999)):
        assert rules.state_of(use, other, MONTH) is OK


@given(st.lists(st.integers(900, 1100), min_size=1, max_size=30))
def test_a_projection_on_the_edge_is_told_at_most_once(totals):
    """All of them are above 95 % of the lowest that makes it at risk, which is 1001."""
    standing, told = None, []
    for total in totals:
        state = rules.state_of(judged(500, max(total, 960)), standing, MONTH)
        if rules.is_news(standing, state, MONTH):
            told.append(state)
        standing = before(state)
    assert told in ([], [AT_RISK])


@given(st.sampled_from(BudgetState), st.integers(0, 1200), st.integers(0, 1200), st.integers(1, 100))
def test_hysteresis_never_makes_it_better_than_it_is(was, spent, more, warn):
    use = judged(spent, spent + more, warn=warn)
    held = rules.state_of(use, before(was), MONTH)
    order = list(BudgetState)
    assert order.index(use.state) <= order.index(held) <= max(order.index(use.state), order.index(was))


@pytest.mark.parametrize(
    ("was", "now", "month", "told"),
    [
        (None, OK, MONTH, False), (None, AT_RISK, MONTH, True), (OK, AT_RISK, MONTH, True), (AT_RISK, AT_RISK, MONTH, False),
        (AT_RISK, OK, MONTH, True), (EXCEEDED, OK, NEXT, True), (AT_RISK, AT_RISK, NEXT, True), (OK, OK, NEXT, False),
    ],
)  # fmt: skip
def test_what_is_news(was, now, month, told):
    assert rules.is_news(before(was) if was else None, now, month) is told


parts = st.integers(1, 10**12).flatmap(
    lambda whole: st.tuples(st.integers(0, whole), st.integers(0, 10**12).map(lambda more: projection(whole, whole + more)))
)  # fmt: skip


@given(st.lists(parts, min_size=1, max_size=5))
def test_an_owner_costs_between_nothing_and_all_of_the_buckets(found):
    own = rules.of_owner(found)
    assert own.spent == sum(part for part, _ in found)
    assert own.spent <= own.low <= own.total <= own.high
    assert own.total <= sum(whole.total for _, whole in found) + len(found)
    assert own.spent + sum(own.ahead) == pytest.approx(own.total, abs=len(found) * len(own.ahead))


def test_who_has_all_of_a_bucket_is_expected_what_the_bucket_is():
    whole = projection(100, 400)
    own = rules.of_owner([(100, whole)])
    assert (own.spent, own.total, own.high, own.ahead) == (100, 400, 700, whole.ahead)
    assert rules.of_owner([(25, whole)]).total == 100
    assert rules.of_owner([]) is None


@pytest.mark.parametrize(
    "wrong", ["", "-1", "1e3", "0", "0.000", "1234567890", "1.1234567891", "1,5", ".5", "١"]
)
def test_what_is_no_amount(wrong):
    with pytest.raises(BadBudgetError):
        rules.nano_of(wrong)


@given(st.integers(1, 10**18 - 1))
def test_every_amount_is_exact(nano):
    assert rules.nano_of(f"{nano // 10**9}.{nano % 10**9:09d}") == nano


def test_from_when_it_holds():
    assert rules.begin("", "2026-11") == "2026-11"
    assert rules.begin("2027-01", "2026-11") == "2027-01"
    with pytest.raises(BadBudgetError, match="2026-10 is over"):
        rules.begin("2026-10", "2026-11")
    with pytest.raises(MonthError):
        rules.begin("soon", "2026-11")
