"""Windows count what a list of all calls would."""

from hypothesis import given
from hypothesis import strategies as st

from storekeeper_client.breaker.window import CountWindow, TimeWindow

ENDS = st.lists(
    st.tuples(st.integers(0, 3), st.booleans(), st.booleans(), st.sampled_from([0.0, 0.5, 1.0, 40.0]))
)


def fill(window, ends):
    """Every call since the beginning: (moment, failed, slow)."""
    now, seen = 0.0, []
    for good, failed, slow, pause in ends:
        now += pause
        window.roll(now)
        window.good(good)
        seen += [(now, False, False)] * good
        if failed or slow:
            window.bad(failed=failed, slow=slow)
            seen.append((now, failed, slow))
    return now, seen


@given(ends=ENDS, size=st.integers(1, 10))
def test_by_count(ends, size):
    window = CountWindow(size)
    _, seen = fill(window, ends)
    last = seen[-size:]
    assert (window.calls, window.failures) == (len(last), sum(end[1] for end in last))
    assert window.slow == sum(end[2] for end in last)


@given(ends=ENDS)
def test_by_time(ends):
    window = TimeWindow(32.0, 0.0)
    now, seen = fill(window, ends)
    last = [end for end in seen if end[0] // 1 > now // 1 - 32]
    assert (window.calls, window.failures) == (len(last), sum(end[1] for end in last))
    assert window.slow == sum(end[2] for end in last)
    assert window.fresh_until == now // 1 + 1


def test_many_good_calls_take_no_room():
    window = CountWindow(100)
    window.bad(failed=True, slow=False)
    window.good(10**12)
    assert (window.calls, window.failures, len(window._bad)) == (100, 0, 0)
