"""Laws of the computation, for any use of any provider's storage."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storekeeper.costs import sheets
from storekeeper.costs.model import (
    AccountFacts,
    DeletionFact,
    Kind,
    Provenance,
    RequestFact,
    Small,
    StorageFact,
    Trust,
)
from storekeeper.costs.rules.apportion import apportion
from storekeeper.costs.rules.meter import Meter, Step, reckon
from storekeeper.costs.rules.price import Pricing, price
from storekeeper.costs.rules.sharing import share
from thoroughness import examples

BOOK = sheets.load()
ALL = [
    BOOK.series(provider, region)
    for provider, region in (
        ("r2", "auto"), ("aws", "us-east-1"), ("b2", ""), ("wasabi", ""), ("gcs", "us-central1"), ("folder", ""),
    )
]  # fmt: skip
GROWING = [
    ALL[0],
    ALL[1],
    ALL[4],
]  # where nothing is free in proportion to what is stored, and there is no minimum
MONTH = date(2026, 10, 1)
TIB = 2**40
few = settings(max_examples=examples(60))  # whole months take a while to make up
weights = st.lists(st.integers(0, 10**15), min_size=1, max_size=20)
on = st.integers(0, 30).map(lambda number: MONTH + timedelta(number))
buckets = st.sampled_from(["photos", "logs"])
classes = st.sampled_from(["", "STANDARD", "STANDARD_IA", "NEARLINE", "NO_SUCH_CLASS"])
operations = st.sampled_from(["PutObject", "GetObject", "ListObjectsV2", "DeleteObject", "NoSuchOperation"])
sizes = st.one_of(st.integers(0, 200 * TIB), st.integers(0, 100))
counts = st.one_of(st.integers(0, 20_000_000), st.integers(0, 3))
provenances = st.sampled_from(list(Provenance))
small = st.integers(0, 1000).map(
    lambda count: (Small(128 * 1024, count, count * 100), Small(4096, count, count * 100))
)


@st.composite
def held(draw):
    peak = draw(sizes)
    return StorageFact(
        day=draw(on),
        bucket=draw(buckets),
        storage_class=draw(classes),
        provenance=draw(provenances),
        byte_hours=draw(st.integers(0, 24)) * peak,
        peak_bytes=peak,
        objects=draw(st.integers(0, 1000)),
        small=draw(small),
    )


requests = st.builds(
    RequestFact,
    day=on, bucket=buckets, storage_class=classes, provenance=provenances, operation=operations, succeeded=counts,
    refused=counts, client_errors=counts, server_errors=counts, bytes_out=sizes, bytes_retrieved=sizes,
)  # fmt: skip
deletions = st.builds(
    DeletionFact, day=on, bucket=buckets, storage_class=classes, age_days=st.integers(0, 100), bytes=sizes
)
months = st.builds(
    AccountFacts,
    month=st.just(MONTH),
    storage=st.lists(held(), max_size=4),
    requests=st.lists(requests, max_size=4),
    deletions=st.lists(deletions, max_size=2),
)


def later(before, after, since):
    """The month of `before` up to a day, and that of `after` from then on."""
    return AccountFacts(
        month=MONTH,
        **{
            name: [
                *(fact for fact in getattr(before, name) if fact.day < since),
                *(fact for fact in getattr(after, name) if fact.day >= since),
            ]
            for name in ("storage", "requests", "deletions")
        },
    )


def total(charges):
    return sum(charge.amount for charge in charges if charge.amount is not None)


def on_one_line(charges):
    return [
        (one.day, one.bucket, one.storage_class, one.operation, one.kind, one.provenance, one.amount)
        for one in charges
    ]


owned = st.dictionaries(st.sampled_from(["", "ann", "bob", "eve"]), st.integers(0, 10**15))


class TestShare:
    @given(st.lists(st.tuples(st.integers(-(10**15), 10**15), owned), max_size=5))
    def test_shares_add_up_and_are_nearly_exact(self, charges):
        parts = share(charges)
        assert sum(parts.values()) == sum(total for total, _ in charges)
        exact = defaultdict(Fraction)
        for whole, given_weights in charges:
            everything = sum(given_weights.values())
            exact[""] += 0 if everything else whole
            for owner, weight in given_weights.items():
                exact[owner] += Fraction(whole * weight, everything) if everything else 0
        slack = len(exact) + len(charges)
        assert all(abs(parts.get(owner, 0) - amount) <= slack for owner, amount in exact.items())

    @given(st.lists(st.tuples(st.integers(0, 10**15), owned), max_size=5))
    def test_nobody_is_paid_for_what_costs(self, charges):
        assert all(part > 0 for part in share(charges).values())

    def test_by_hand(self):
        assert share([(100, {"ann": 1, "bob": 1, "eve": 1})]) == {"ann": 34, "bob": 33, "eve": 33}
        assert share([(-100, {"ann": 1, "bob": 2})]) == {"ann": -33, "bob": -67}
        assert share([(7, {}), (5, {"ann": 0}), (3, {"bob": 8})]) == {"": 12, "bob": 3}
        assert share([(3, {"bob": 9})]) == {"bob": 3}
        assert share([]) == {}


class TestApportion:
    @given(st.integers(-(10**15), 10**15), weights)
    def test_parts_add_up_and_are_within_one_of_their_share(self, whole, given_weights):
        parts = apportion(whole, given_weights)
        assert sum(parts) == whole
        if sum(given_weights):
            shares = [Fraction(whole * weight, sum(given_weights)) for weight in given_weights]
            assert all(abs(part - share) < 1 for part, share in zip(parts, shares, strict=True))

    @given(st.integers(0, 10**15), weights)
    def test_no_part_has_another_sign(self, whole, given_weights):
        assert min(apportion(whole, given_weights)) >= 0
        assert max(apportion(-whole, given_weights)) <= 0

    def test_by_hand(self):
        assert apportion(100, [1, 1, 1]) == [33, 33, 34]
        assert apportion(-100, [1, 1, 1]) == [-33, -33, -34]
        assert apportion(5, [0, 0]) == [2, 3]
        assert apportion(0, []) == []

    @pytest.mark.parametrize(("whole", "weights"), [(1, []), (1, [2, -1])])
    def test_what_can_not_be_shared(self, whole, weights):
        with pytest.raises(ValueError, match="natural"):
            apportion(whole, weights)


class TestMeter:
    meters = st.builds(
        lambda per, allowance, prices, widths, whole: Meter(
            "unit",
            per,
            tuple(
                Step(sum(widths[: at + 1]) if at < len(prices) - 1 else None, found, Trust.QUOTED)
                for at, found in enumerate(prices)
            ),
            allowance,
            whole,
        ),
        st.integers(1, 10**12),
        st.integers(0, 10**13),
        st.lists(st.decimals(0, 10, places=6), min_size=1, max_size=3),
        st.lists(st.integers(1, 10**13), min_size=3, max_size=3),
        st.booleans(),
    )

    @given(meters, st.integers(0, 10**14), st.integers(0, 10**14))
    def test_more_never_costs_less(self, meter, quantity, more):
        assert reckon(meter, quantity + more).amount >= reckon(meter, quantity).amount

    @given(meters, st.integers(0, 10**14))
    def test_components_add_up(self, meter, quantity):
        found = reckon(meter, quantity)
        assert found.amount == found.gross + found.tiers + found.allowance + found.rounding
        assert found.allowance <= 0
        assert found.unknown == 0

    @given(meters, st.integers(0, 10**14))
    def test_it_is_exact_to_the_nano_unit(self, meter, quantity):
        rounded = -(-quantity // meter.per) * meter.per if meter.whole_units else quantity
        left, floor, cost = max(rounded - meter.allowance, 0), 0, Fraction(0)
        for step in meter.steps:
            within = max((left if step.up_to is None else min(left, step.up_to)) - floor, 0)
            cost += Fraction(step.price) * within / meter.per
            floor = step.up_to
        assert reckon(meter, quantity).amount == round(cost * 10**9)


@few
@given(st.sampled_from(ALL), months)
def test_charges_add_up_to_what_the_month_costs_at_once(series, facts):
    """Days, buckets and classes are parts of a whole: the month as if it had come in one piece."""
    charges = price(facts, series)
    assert all(
        one.amount == one.gross + one.tiers + one.allowance + one.rounding
        for one in charges
        if one.amount is not None
    )
    last = MONTH + timedelta(30)
    merged = msgspec.structs.replace(
        facts,
        requests=[msgspec.structs.replace(one, day=last) for one in facts.requests],
        deletions=[msgspec.structs.replace(one, day=last) for one in facts.deletions],
    )
    assert total(price(merged, series)) == total(charges)


@few
@given(st.sampled_from(ALL), months, st.randoms())
def test_order_does_not_matter_and_pricing_twice_is_the_same(series, facts, random):
    shuffled = [
        random.sample(list(part), len(part)) for part in (facts.storage, facts.requests, facts.deletions)
    ]
    again = AccountFacts(month=MONTH, storage=shuffled[0], requests=shuffled[1], deletions=shuffled[2])
    assert price(again, series) == price(facts, series)
    assert price(facts, series) == price(facts, series)


@few
@given(st.sampled_from(ALL), st.lists(st.tuples(months, on), min_size=2, max_size=5))
def test_what_changed_since_the_last_time_is_priced_as_the_whole_is(series, versions):
    """Days before one on which a month changes are those of the month before it, as in practice."""
    pricing, facts = Pricing(series), None
    for changed, since in versions:
        facts = changed if facts is None else later(facts, changed, since)
        assert pricing.price(facts) == price(facts, series)


@few
@given(st.sampled_from(GROWING), months)
def test_days_of_the_same_use_can_be_exchanged(series, facts):
    """A mirrored month costs the same: what counts is how much there was, not when."""

    def mirrored(part):
        return [
            msgspec.structs.replace(one, day=MONTH + timedelta(30 - (one.day - MONTH).days)) for one in part
        ]

    turned = AccountFacts(
        month=MONTH,
        storage=mirrored(facts.storage),
        requests=mirrored(facts.requests),
        deletions=mirrored(facts.deletions),
    )
    assert total(price(turned, series)) == total(price(facts, series))


@few
@given(st.sampled_from(GROWING), months, held(), requests, deletions)
def test_more_use_never_costs_less(series, facts, storage, request, deletion):
    more = AccountFacts(
        month=MONTH,
        storage=[*facts.storage, storage],
        requests=[*facts.requests, request],
        deletions=[*facts.deletions, deletion],
    )
    assert total(price(more, series)) >= total(price(facts, series))


@few
@given(st.sampled_from(ALL), months)
def test_nothing_that_is_not_known_has_an_amount(series, facts):
    for charge in price(facts, series):
        assert (charge.amount is None) == (charge.kind is Kind.UNCLASSIFIED) == bool(charge.reason)
        assert charge.operation != "NoSuchOperation" or charge.kind is not Kind.REQUESTS or charge.amount == 0
        assert charge.storage_class != "NO_SUCH_CLASS" or charge.kind not in {
            Kind.STORAGE, Kind.PADDING, Kind.EARLY_DELETION, Kind.RETRIEVAL,
        }  # fmt: skip


@few
@given(st.sampled_from(ALL), months)
def test_each_line_is_there_once(series, facts):
    """So that storing a day again replaces what was stored of it."""
    lines = [(*line[:-1], one.basis, one.billed_as, one.reason) for line, one in _lines(price(facts, series))]
    assert len(lines) == len(set(lines))


def _lines(charges):
    return zip(on_one_line(charges), charges, strict=True)


def test_a_price_of_many_digits_is_not_rounded_before_the_end():
    meter = Meter("unit", 3, (Step(None, Decimal("0.000000000333333333"), Trust.QUOTED),))
    assert reckon(meter, 9 * 10**9).amount == 1_000_000_000 - 1
