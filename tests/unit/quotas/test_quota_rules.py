"""Laws of quotas: how use stands, what a write may, what is leased, what counts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.quotas.model import Decision, Measure, Quota, Raise, State, Use
from storekeeper.quotas.rules import reckoning, standing, writing
from storekeeper.quotas.rules.writing import Limited

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
amounts = st.integers(0, 10**12)
percents = st.integers(1, 100)
states = st.sampled_from(list(State))
names = st.sampled_from(["", "ann", "bob"])


def quota(measure=Measure.BYTES, limit=1000, *, owner="ann", bucket="", hard=True, warn=80, raised=None):
    return Quota(
        id="q", owner=owner, bucket=bucket, measure=measure, limit=limit, warn_percent=warn, hard=hard, raised=raised,
        reason="", created_at=NOW, updated_at=NOW, updated_by="",
    )  # fmt: skip


limits = st.builds(
    lambda measure, limit, used, hard, warn: Limited(quota(measure, limit, hard=hard, warn=warn), limit, used, 0),
    st.sampled_from([Measure.BYTES, Measure.OBJECTS, Measure.OPERATIONS]), amounts, amounts, st.booleans(), percents,
)  # fmt: skip


# How use stands


@given(states, amounts, amounts, percents)
def test_over_the_limit_is_exceeded_whatever_was_before(before, used, limit, warn):
    state = standing.next_state(before, used, limit, warn)
    assert (used > limit) <= (state is State.EXCEEDED)
    assert (used * 100 >= limit * warn and used > 0) <= (state is not State.OK)


@given(states, amounts, amounts, percents)
def test_a_state_that_was_reached_stays_where_it_is(before, used, limit, warn):
    state = standing.next_state(before, used, limit, warn)
    assert standing.next_state(state, used, limit, warn) is state


@given(st.lists(amounts, min_size=2, max_size=2).map(sorted), states, amounts, percents)
def test_more_use_is_never_a_better_state(two, before, limit, warn):
    order = [State.OK, State.WARNED, State.EXCEEDED]
    low, high = (order.index(standing.next_state(before, used, limit, warn)) for used in two)
    assert low <= high


@given(amounts, st.integers(1, 10**12), percents)
def test_a_state_falls_back_only_below_95_percent_of_its_threshold(used, limit, warn):
    fell = standing.next_state(State.EXCEEDED, used, limit, warn)
    assert (fell is State.EXCEEDED) == (used > 0 and used * 100 >= limit * 95)
    fell = standing.next_state(State.WARNED, used, limit, warn)
    assert (fell is State.OK) == (used == 0 or (used * 10_000 < limit * warn * 95 and used <= limit))


@pytest.mark.parametrize(
    ("before", "used", "after"),
    [
        (State.OK, 799, State.OK),
        (State.OK, 800, State.WARNED),
        (State.WARNED, 760, State.WARNED),
        (State.WARNED, 759, State.OK),
        (State.WARNED, 1000, State.WARNED),
        (State.WARNED, 1001, State.EXCEEDED),
        (State.EXCEEDED, 950, State.EXCEEDED),
        (State.EXCEEDED, 949, State.WARNED),
        (State.EXCEEDED, 0, State.OK),
    ],
)
def test_edges(before, used, after):
    assert standing.next_state(before, used, 1000, 80) is after


def test_nothing_used_of_nothing_is_well():
    assert standing.next_state(State.EXCEEDED, 0, 0, 80) is State.OK
    assert standing.next_state(State.OK, 1, 0, 80) is State.EXCEEDED
    assert (standing.share(0, 0), standing.share(5, 0), standing.share(5, 10)) == (0.0, 1.0, 0.5)


@given(st.integers(-1000, 1000))
def test_a_raise_ends_by_itself(seconds):
    raised = Raise(limit=5000, until=NOW, reason="", raised_by="")
    moment = NOW + timedelta(seconds=seconds)
    assert standing.effective_limit(quota(raised=raised), moment) == (5000 if seconds < 0 else 1000)


# Violations


@given(states, st.sets(st.sampled_from([State.WARNED, State.EXCEEDED])))
def test_after_its_moves_exactly_the_levels_of_the_state_are_open(state, known):
    moves = reckoning.moves(frozenset(known), state)
    assert (known | moves.opened) - moves.closed == standing.levels(state)
    assert not moves.opened & known
    assert moves.closed <= known


# What a write may


@given(names, names, names)
def test_which_quotas_apply_to_a_write(owner, bucket, other):
    for whose, where in ((owner, bucket), (owner, ""), ("", bucket)):
        expected = bool(whose or where)
        assert writing.applies(quota(owner=whose, bucket=where), owner, bucket) is expected
    assert not writing.applies(quota(Measure.EGRESS), "ann", bucket)
    if other not in ("", owner):
        assert not writing.applies(quota(owner=other), owner, bucket)


@given(st.lists(limits, max_size=6), amounts)
def test_a_write_is_denied_exactly_where_a_hard_limit_would_be_passed(given_limits, size):
    verdict = writing.decide(given_limits, size)
    passes = [
        one.used + (size if one.quota.measure is Measure.BYTES else 1) > one.limit
        for one in given_limits
        if one.quota.hard
    ]
    assert (verdict.decision is Decision.DENY) == any(passes)
    assert verdict.reason


@given(st.lists(limits, max_size=6), amounts)
def test_what_is_leased_has_room_for_the_write_and_fits_under_every_hard_limit(given_limits, size):
    verdict = writing.decide(given_limits, size)
    if verdict.decision is Decision.DENY:
        return
    granted = writing.grant(verdict, size)
    for one in given_limits:
        if one.quota.hard:
            amount = granted.bytes if one.quota.measure is Measure.BYTES else granted.writes
            assert one.used + amount <= one.limit
            assert amount >= (size if one.quota.measure is Measure.BYTES else 1)
    assert granted.bytes is None or granted.bytes <= max(size, writing.LEASE_BYTES)
    assert granted.writes is None or granted.writes <= writing.LEASE_WRITES


@given(st.lists(limits, max_size=6), amounts, amounts)
def test_a_smaller_write_is_never_denied_where_a_larger_one_passes(given_limits, size, more):
    if writing.decide(given_limits, size + more).decision is not Decision.DENY:
        assert writing.decide(given_limits, size).decision is not Decision.DENY


def test_reasons_are_in_words():
    full = Limited(quota(limit=10**9, bucket="photos"), 10**9, 900_000_000, 64_000_000)
    assert writing.decide([full], 200_000_000).reason == (
        "ann in photos uses 900 MB of 1 GB stored; 200 MB more would be over it. "
        "64 MB of it is leased to writers or not measured yet."
    )
    busy = Limited(quota(Measure.OPERATIONS, 1000, owner="", bucket="logs"), 1000, 1000, 0)
    assert writing.decide([busy], 0).reason == (
        "all of logs uses 1,000 of 1,000 operations this month; one more would be over it."
    )


# What counts


@given(amounts, amounts, amounts, st.lists(st.integers(0, 1), min_size=1, max_size=20))
def test_what_was_leased_counts_once_however_much_of_it_is_measured(base, size, rest, measured):
    """Every write was leased; some are measured already. Together that is what is really stored."""
    leased = size * len(measured)
    seen = size * sum(measured)
    assert writing.counted(base + seen, [(leased, seen)]) == base + leased
    # In the short window there are but the last of them.
    assert writing.counted(base + seen, [(leased, seen), (0, 0)]) == base + leased
    assert writing.counted(base + rest, [(0, rest)]) == base + rest


# What is used


def facts(**stored):
    return reckoning.Facts(stored=stored, done={"operations": 7.0, "egress": 9.0}, held=None, snapshot_at=NOW)


@given(amounts, amounts, amounts)
def test_use_is_what_was_held_and_written_less_what_was_removed_and_never_negative(held, written, removed):
    found = facts(held_bytes=float(held), written_bytes=float(written), removed_bytes=float(removed))
    use = reckoning.use_of(quota(), Use(), found, NOW)
    assert use.used == max(0, held + written - removed)
    assert (use.held, use.added, use.written) == (held, written - removed, written)


def test_a_state_knows_since_when():
    first = reckoning.use_of(quota(), Use(), facts(held_bytes=900), NOW)
    later = reckoning.use_of(quota(), first, facts(held_bytes=910), NOW + timedelta(hours=1))
    assert (first.state, later.state, later.since) == (State.WARNED, State.WARNED, NOW)
    well = reckoning.use_of(quota(), later, facts(held_bytes=10), NOW + timedelta(hours=2))
    assert (well.state, well.since) == (State.OK, NOW + timedelta(hours=2))


def test_months_and_whole_buckets():
    operations = reckoning.use_of(quota(Measure.OPERATIONS), Use(), facts(recent_objects=3), NOW)
    assert (operations.used, operations.recent) == (7, 3)
    assert reckoning.use_of(quota(Measure.EGRESS), Use(), facts(), NOW).used == 9
    whole = facts(held_bytes=10, written_objects=2)._replace(held=(500, 40))
    assert reckoning.use_of(quota(owner="", bucket="b"), Use(), whole, NOW).used == 500
    assert reckoning.use_of(quota(Measure.OBJECTS, owner="", bucket="b"), Use(), whole, NOW).used == 42
    assert reckoning.month_of(datetime(2026, 2, 28, 23, 59, tzinfo=UTC)) == datetime(2026, 2, 1, tzinfo=UTC)
