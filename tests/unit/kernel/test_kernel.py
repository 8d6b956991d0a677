from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.kernel.clock import ManualClock, SystemClock
from storekeeper.kernel.errors import BadInputError, StorekeeperError, TooManyRequestsError
from storekeeper.kernel.ids import new_id
from storekeeper.kernel.money import Money


def test_ids_are_version_7_and_sort_by_time():
    start = datetime(2026, 11, 20, tzinfo=UTC)
    ids = [new_id(start + timedelta(milliseconds=i // 10)) for i in range(500)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 500
    assert all(len(i) == 36 and i[14] == "7" and i[19] in "89ab" for i in ids)


def test_a_manual_clock_stands_until_it_is_advanced():
    clock = ManualClock()
    before, ticks = clock.now(), clock.monotonic()
    clock.sleep(2.5)
    assert clock.now() - before == timedelta(seconds=2.5)
    assert clock.monotonic() - ticks == 2.5
    clock.jump(-3600)
    assert clock.now() < before
    assert clock.monotonic() - ticks == 2.5


def test_the_system_clock_is_aware_and_in_utc():
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_problem_tells_what_happened_and_what_to_do():
    problem = BadInputError("name is taken", hint="choose another", errors=[{"field": "name"}]).problem()
    assert problem == {
        "type": "/problems/bad-input",
        "title": "Invalid input",
        "status": 400,
        "detail": "name is taken",
        "hint": "choose another",
        "errors": [{"field": "name"}],
    }
    assert TooManyRequestsError(retry_after=0.0).problem()["retryAfterSeconds"] == 0.0


def test_slugs_are_unique():
    def below(kind):
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    named = [kind for kind in below(StorekeeperError) if "slug" in vars(kind)]
    slugs = [kind.slug for kind in named]
    assert len(slugs) == len(set(slugs))


amounts = st.decimals(-(10**9), 10**9, places=6)


@given(amounts, amounts)
def test_money_adds_exactly(left, right):
    assert (Money(left) + Money(right)).amount == left + right


def test_currencies_do_not_mix():
    with pytest.raises(ValueError, match="EUR"):
        Money(Decimal(1)) + Money(Decimal(1), "EUR")


def test_money_rounds_half_to_even():
    assert str(Money(Decimal("0.125"))) == "0.12 USD"
    assert str(Money(Decimal("0.135"))) == "0.14 USD"
    assert (Money(Decimal("0.36")) * 3).amount == Decimal("1.08")
