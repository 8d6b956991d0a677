"""How far the projection of a month is off, beside two that everyone knows: last month's total, and the mean of the days so far.

Histories are seeded: flat, seasonal by weekday, growing, bursty, with a lasting change of level, and all of it mixed. At
each of the days 3 to 28 of several months the month is projected from the days before it; the figure is the mean absolute error, as a share of
what the month really cost. The interval is nominally of 80 %. Seeds differ from those that the method was tuned on.
"""

import calendar
import random
import sys
import time
from datetime import date, timedelta

from benchmarks.harness import table, verdict

from storekeeper.costs.rules.outlook.projection import project

BEGIN, MONTHS, FROM_MONTH = date(2025, 1, 1), 12, 3
DAYS = range(3, 29)
SEEDS = range(5000, 5002)
NANO = 10**9
KINDS = ("flat", "seasonal", "growing", "bursty", "shifting", "mixed")


def history(kind, seed, months=MONTHS):
    """Amounts by day, of months from the beginning on."""
    rng = random.Random(f"{kind} {seed}")
    end = BEGIN
    for _ in range(months):
        end = following(end)
    noise = rng.uniform(0.03, 0.2)
    factors = weekdays(rng) if kind in {"seasonal", "mixed"} else [1.0] * 7
    growth = (
        rng.uniform(0.001, 0.012) if kind == "growing" else rng.uniform(0, 0.006) if kind == "mixed" else 0
    )
    bursts = rng.uniform(0.02, 0.08) if kind in {"bursty", "mixed"} else 0
    changes = rng.uniform(0.006, 0.015) if kind == "shifting" else 0.004 if kind == "mixed" else 0
    level, amounts = rng.uniform(0.5, 500) * NANO, {}
    for number in range((end - BEGIN).days):
        day = BEGIN + timedelta(number)
        level *= 1 + growth * rng.uniform(0, 2)
        if rng.random() < changes:
            level *= rng.choice((0.5, 0.7, 1.5, 2.0))
        amount = level * factors[day.weekday()] * max(rng.gauss(1, noise), 0)
        if rng.random() < bursts:
            amount *= rng.uniform(2, 10)
        amounts[day] = round(amount)
    return amounts


def weekdays(rng):
    weekend = rng.uniform(0.3, 0.8)
    return [rng.uniform(0.9, 1.1) for _ in range(5)] + [weekend * rng.uniform(0.9, 1.1) for _ in range(2)]


def following(month):
    return (month + timedelta(31)).replace(day=1)


def trials(kind, seeds, days=DAYS):
    """(projection, last month, mean times days, true total) of each month, seed and day."""
    for seed in seeds:
        amounts = history(kind, seed)
        month, before = BEGIN, 0
        for number in range(MONTHS):
            length = calendar.monthrange(month.year, month.month)[1]
            total = sum(amounts[month + timedelta(day)] for day in range(length))
            for day in days if number >= FROM_MONTH else ():
                today = month + timedelta(day - 1)
                past = {one: amount for one, amount in amounts.items() if one < today}
                mean = sum(amount for one, amount in past.items() if one >= month) / (day - 1)
                yield project(past, today), before, mean * length, total
            month, before = following(month), total


def measured(kind, seeds, days=DAYS):
    """Mean absolute errors as shares (ours, last month, mean times days), coverage of the interval, its mean width, and trials."""
    found = list(trials(kind, seeds, days))
    count = len(found)
    errors = [
        sum(abs(value(one) - one[3]) / one[3] for one in found) / count
        for value in (lambda one: one[0].total, lambda one: one[1], lambda one: one[2])
    ]
    held = sum(one[0].low <= one[3] <= one[0].high for one in found) / count
    width = sum((one[0].high - one[0].low) / one[3] for one in found) / count
    return (*errors, held, width, count)


def main():
    begun = time.perf_counter()
    results = {kind: measured(kind, SEEDS) for kind in KINDS}
    each = (time.perf_counter() - begun) / sum(result[5] for result in results.values())
    means = [sum(result[at] for result in results.values()) / len(results) for at in range(5)]
    rows = [
        [kind, *(f"{value:.1%}" for value in result[:5]), f"{result[5]:,}"]
        for kind, result in [*results.items(), ("mean", (*means, sum(r[5] for r in results.values())))]
    ]
    header = ["history", "ours", "last month", "mean x days", "in interval", "its width", "projections"]
    table(
        f"Error of a month's projection, days {DAYS[0]} to {DAYS[-1]} ({each * 1000:.1f} ms each)",
        header,
        rows,
    )
    return verdict(
        [
            ("better than last month on average", means[0] < means[1]),
            ("better than mean times days on average", means[0] < means[2]),
            ("75 to 90 of 100 months are in the interval", 0.75 <= means[3] <= 0.90),
            ("a projection takes less than 50 ms", each < 0.05),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
