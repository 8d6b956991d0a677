"""Projections worked out by hand, laws that hold for any history, and the error beside two that everyone knows."""

import calendar
import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storekeeper.costs.rules.outlook.projection import project
from thoroughness import examples

NANO = 10**9
TODAY = date(2026, 11, 11)
LAST = 30


def back(today, amounts):
    """Amounts by day, the last of them yesterday's."""
    first = today - timedelta(len(amounts))
    return {first + timedelta(number): amount for number, amount in enumerate(amounts)}


def noisy(level, count, seed=0, noise=0.1):
    rng = random.Random(seed)
    return [round(level * max(rng.gauss(1, noise), 0)) for _ in range(count)]


def test_days_that_are_all_alike():
    found = project(back(TODAY, [10 * NANO] * 60), TODAY)
    assert (found.spent, found.total, found.low, found.high) == (
        100 * NANO,
        300 * NANO,
        300 * NANO,
        300 * NANO,
    )
    assert found.ahead == (10 * NANO,) * 20
    assert (found.month, found.days, found.coverage) == (date(2026, 11, 1), 60, 0.8)


def test_half_of_today_is_over():
    amounts = back(TODAY, [10 * NANO] * 60) | {TODAY: 5 * NANO}
    found = project(amounts, TODAY, 0.5)
    assert (found.spent, found.total) == (105 * NANO, 300 * NANO)
    assert found.ahead[0] == 5 * NANO


def test_what_today_cost_so_far_is_not_taken_for_a_day():
    amounts = back(TODAY, [10 * NANO] * 60)
    assert project(amounts | {TODAY: 0}, TODAY, 0.01).total == pytest.approx(300 * NANO, rel=0.001)


def test_a_day_that_is_over_counts_as_one():
    amounts = back(TODAY, [10 * NANO] * 60) | {TODAY: 12 * NANO}
    found = project(amounts, TODAY, 1.0)
    assert (found.spent, found.total, found.days) == (112 * NANO, 302 * NANO, 61)


def test_days_of_the_week():
    # November 2026 has 21 days from Monday to Friday and 9 on weekends: 21 * 10 + 9 * 4 = 246.
    days = [TODAY - timedelta(number) for number in range(1, 57)]
    amounts = {day: (10 if day.weekday() < 5 else 4) * NANO for day in days}
    found = project(amounts, TODAY)
    assert found.total == pytest.approx(246 * NANO, rel=1e-6)
    assert "usual on each day of the week" in found.method


def test_days_of_the_week_are_not_guessed_from_two_weeks():
    days = [TODAY - timedelta(number) for number in range(1, 15)]
    found = project({day: (10 if day.weekday() < 5 else 4) * NANO for day in days}, TODAY)
    assert "without days of the week" in found.method


@pytest.mark.parametrize("noise", [0, 0.1])
def test_one_burst_is_paid_once_and_not_every_day(noise):
    plain = noisy(10 * NANO, 60, noise=noise)
    burst = [*plain[:-5], 300 * NANO, *plain[-4:]]
    without, found = project(back(TODAY, plain), TODAY), project(back(TODAY, burst), TODAY)
    assert found.total - found.spent == pytest.approx(without.total - without.spent, rel=0.05)


def test_bursts_that_come_again_are_counted_on_average():
    # Every tenth day costs ten times as much: 2.7 or so of them lie ahead, and all but one of those before count.
    amounts = [100 * NANO if number % 10 == 5 else 10 * NANO for number in range(120)]
    found = project(back(TODAY, amounts), TODAY)
    assert found.total - found.spent == pytest.approx(20 * 10 * NANO * (1 + 11 * 9 / 120), rel=0.01)
    assert "for bursts" in found.method


def test_amounts_on_few_days_only():
    # 4 on each seventh day: of four such days in the last four weeks the largest is left out, 3 * 4 / 28 a day.
    amounts = [4 * NANO if number % 7 == 0 else 0 for number in range(28)]
    found = project(back(TODAY, amounts), TODAY)
    assert found.total - found.spent == pytest.approx(20 * 3 * 4 * NANO / 28, rel=1e-6)


@pytest.mark.parametrize("level", [5, 20])
def test_a_new_level_is_taken_over_on_the_fifth_day(level):
    found = project(back(TODAY, [10 * NANO] * 56 + [level * NANO] * 4), TODAY)
    assert found.total == (6 * 10 + 4 * level + 20 * level) * NANO
    assert "since 2026-11-07" in found.method


def test_a_new_level_among_noise():
    amounts = noisy(10 * NANO, 54) + noisy(20 * NANO, 6, seed=1)
    assert project(back(TODAY, amounts), TODAY).total == pytest.approx((4 * 10 + 26 * 20) * NANO, rel=0.1)


def test_growth_goes_on_and_dies_away():
    amounts = [round(10 * NANO * 1.01**number) for number in range(60)]
    found = project(back(TODAY, amounts), TODAY)
    level = sum(amounts[-10:]) + 20 * amounts[-1]
    forever = sum(amounts[-10:]) + sum(amounts[-1] * 1.01**number for number in range(1, 21))
    assert level < found.total < forever
    assert "trend of +" in found.method


def test_missing_days_are_estimated():
    amounts = back(TODAY, [10 * NANO] * 60)
    del amounts[date(2026, 11, 3)], amounts[date(2026, 11, 10)]
    found = project(amounts, TODAY)
    assert (found.spent, found.total) == (80 * NANO, 300 * NANO)
    assert found.method.endswith("2 days of this month are not known, and estimated.")


def test_what_began_in_the_middle_of_the_month_cost_nothing_before():
    assert project(back(TODAY, [10 * NANO] * 4), TODAY).total == (4 + 20) * 10 * NANO


def test_months_that_begin_with_what_is_free():
    days = [date(2026, 5, 1) + timedelta(number) for number in range(184 + 6)]
    amounts = {day: 0 if day.day <= 10 else 10 * NANO for day in days}
    found = project(amounts, date(2026, 11, 7))
    assert found.spent == 0
    assert found.total == 20 * 10 * NANO
    assert "The rest of the last month once more" in found.method


def test_few_days_make_a_wide_interval_and_say_so():
    few = project(back(TODAY, noisy(10 * NANO, 3)), TODAY)
    many = project(back(TODAY, noisy(10 * NANO, 120)), TODAY)
    assert (few.high - few.low) / few.total > 2 * (many.high - many.low) / many.total
    assert "there are few, so it is wide" in few.method
    assert "18 such projections" in many.method


def test_only_a_part_of_today_is_known():
    found = project({TODAY: 4 * NANO}, TODAY, 0.5)
    assert (found.spent, found.total, found.days) == (4 * NANO, (8 + 19 * 8) * NANO, 0)
    assert (found.low, found.high) == (4 * NANO, (4 + 2 * (4 + 19 * 8)) * NANO)
    assert "No whole day is known" in found.method


def test_nothing_is_known():
    found = project({}, TODAY)
    assert (found.spent, found.total, found.low, found.high) == (0, 0, 0, 0)


@pytest.mark.parametrize("elapsed", [-0.1, 1.1])
def test_a_share_is_between_0_and_1(elapsed):
    with pytest.raises(ValueError, match="between 0 and 1"):
        project({}, TODAY, elapsed)


@pytest.mark.parametrize("elapsed", [0, 0.5, 1])
def test_days_to_come_do_not_count(elapsed):
    amounts = back(TODAY, noisy(10 * NANO, 60))
    to_come = {TODAY + timedelta(days): 1000 * NANO for days in range(1, 40)}
    assert project(amounts | to_come, TODAY, elapsed) == project(amounts, TODAY, elapsed)


def test_what_is_older_than_a_year_does_not_count():
    old = {TODAY - timedelta(days): 1000 * NANO for days in range(366, 400)}
    amounts = back(TODAY, noisy(10 * NANO, 60))
    assert project(old | amounts, TODAY) == project(amounts, TODAY)


histories = st.dictionaries(st.integers(0, 90), st.integers(0, 10**12), max_size=60).map(
    lambda found: {TODAY - timedelta(days): amount for days, amount in found.items()}
)
shares = st.sampled_from([0.0, 0.25, 0.5, 1.0])


@given(histories, shares)
@settings(deadline=None, max_examples=examples(25))
def test_never_below_what_is_spent(amounts, elapsed):
    found = project(amounts, TODAY, elapsed)
    assert found.spent == sum(amount for day, amount in amounts.items() if day >= TODAY.replace(day=1))
    assert found.spent <= found.low <= found.total <= found.high
    assert len(found.ahead) == LAST - TODAY.day + 1
    assert min(found.ahead) >= 0


@given(histories, shares, st.integers(0, 10))
@settings(deadline=None, max_examples=examples(25))
def test_the_unit_does_not_matter(amounts, elapsed, doublings):
    factor = 2**doublings
    found = project(amounts, TODAY, elapsed)
    scaled = project({day: amount * factor for day, amount in amounts.items()}, TODAY, elapsed)
    assert scaled.method == found.method
    for name in ("spent", "total", "low", "high"):
        assert abs(getattr(scaled, name) - factor * getattr(found, name)) <= factor


@given(histories, shares, st.randoms())
@settings(deadline=None, max_examples=examples(15))
def test_the_order_of_days_does_not_matter(amounts, elapsed, rng):
    days = list(amounts)
    rng.shuffle(days)
    assert project({day: amounts[day] for day in days}, TODAY, elapsed) == project(amounts, TODAY, elapsed)


def flat(rng, number):
    return rng.gauss(1, 0.1)


def seasonal(rng, number):
    return rng.gauss(1, 0.05) * (0.4 if number % 7 > 4 else 1)


def growing(rng, number):
    return rng.gauss(1, 0.05) * 1.008**number


def bursty(rng, number):
    return rng.gauss(1, 0.1) * (rng.uniform(3, 8) if rng.random() < 0.04 else 1)


def months(begin, count):
    for _ in range(count):
        yield begin
        begin = (begin + timedelta(31)).replace(day=1)


def total_of(amounts, month):
    return sum(amount for day, amount in amounts.items() if day.replace(day=1) == month)


def relative_errors(amounts, month, day):
    """Of the projection, of the last month's total and of the mean of the days so far."""
    today, truth = month.replace(day=day), total_of(amounts, month)
    past = {one: amount for one, amount in amounts.items() if one < today}
    length = calendar.monthrange(month.year, month.month)[1]
    last = total_of(amounts, (month - timedelta(1)).replace(day=1))
    mean = total_of(past, month) / (day - 1) * length
    found = project(past, today)
    held = found.low <= truth <= found.high
    return [abs(one - truth) / truth for one in (found.total, last, mean)], held


@pytest.mark.slow
def test_better_than_last_month_and_than_mean_times_days_on_average():
    found = []
    for at, kind in enumerate((flat, seasonal, growing, bursty)):
        rng = random.Random(at)
        days = [date(2025, 1, 1) + timedelta(number) for number in range(365)]
        amounts = {day: round(NANO * max(kind(rng, number), 0)) for number, day in enumerate(days)}
        for month in months(date(2025, 4, 1), 9):
            found += [relative_errors(amounts, month, day) for day in (4, 9, 15, 24)]
    ours, last_month, mean_times_days = (
        sum(errors[at] for errors, _ in found) / len(found) for at in range(3)
    )
    assert ours < 0.8 * mean_times_days < last_month
    assert 0.7 <= sum(held for _, held in found) / len(found) <= 0.95
