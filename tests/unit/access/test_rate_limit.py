"""The arithmetic of the rate limit, for every limit and every rhythm of calls."""

from hypothesis import given
from hypothesis import strategies as st

from storekeeper.access.rules.rate_limit import MICROSECONDS, Limit, give_back, headers, look, take

limits = st.builds(Limit, st.just("account"), st.integers(1, 50), st.integers(1, 3600))
pauses = st.lists(st.integers(0, 600 * MICROSECONDS), max_size=80)
START = 1_000 * MICROSECONDS


def _allowed_times(limit: Limit, waits: list[int]) -> list[int]:
    now, state, times = START, None, []
    for wait in waits:
        now += wait
        allowed, state = take(state, now, limit)
        times += [now] if allowed else []
    return times


@given(limits, pauses)
def test_no_stretch_of_time_has_more_uses_than_the_limit_says(limit, waits):
    times = _allowed_times(limit, waits)
    for first, begun in enumerate(times):
        for last in range(first, len(times)):
            elapsed = times[last] - begun
            assert last - first + 1 <= limit.count + elapsed // limit.interval


@given(limits, pauses)
def test_who_waits_as_told_is_allowed_and_a_moment_earlier_is_not(limit, waits):
    now, state = START, None
    for wait in waits:
        now += wait
        _, state = take(state, now, limit)
    told = round(look(state, now, limit).retry_after * MICROSECONDS)
    assert take(state, now + told, limit)[0]
    if told:
        assert not take(state, now + told - 1, limit)[0]


@given(limits, pauses)
def test_what_remains_is_exactly_what_is_then_allowed(limit, waits):
    now, state = START, None
    for wait in waits:
        now += wait
        _, state = take(state, now, limit)
    remaining = look(state, now, limit).remaining
    for _ in range(remaining):
        allowed, state = take(state, now, limit)
        assert allowed
    assert not take(state, now, limit)[0]


@given(limits, st.integers(0, 200))
def test_a_refusal_costs_nothing(limit, refusals):
    state = None
    for _ in range(limit.count):
        _, state = take(state, START, limit)
    full = state
    for _ in range(refusals):
        allowed, state = take(state, START, limit)
        assert not allowed
    assert state == full


@given(limits)
def test_a_use_that_is_given_back_can_be_used_again(limit):
    state = None
    for _ in range(limit.count):
        _, state = take(state, START, limit)
    allowed, state = take(give_back(state, limit), START, limit)
    assert allowed
    assert not take(state, START, limit)[0]


def test_giving_back_more_than_was_used_makes_no_credit():
    limit = Limit("account", 2, 60)
    state = give_back(give_back(START, limit), limit)
    assert look(state, START, limit).remaining == 2


def test_headers_name_the_policy_and_what_is_left():
    limit = Limit("account", 10, 300)
    _, state = take(None, START, limit)
    assert headers(look(state, START, limit)) == {
        "RateLimit-Policy": '"account";q=10;w=300',
        "RateLimit": '"account";r=9;t=30',
    }
