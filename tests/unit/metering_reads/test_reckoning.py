"""Rules of reading: ranges, movers, cursors, statuses, links."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.kernel.errors import BadInputError
from storekeeper.metering import reckoning
from storekeeper.metering.figures import Filter, Span

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
moments = st.timedeltas(timedelta(days=-3000), timedelta(days=3000)).map(lambda away: NOW + away)
spans = st.timedeltas(timedelta(minutes=1), timedelta(days=366))


@given(moments, spans)
def test_a_window_covers_the_range_by_whole_steps(now, span):
    window = reckoning.window(now, span)
    step = timedelta(seconds=window.seconds)
    assert now - span - step < window.since <= now - span
    assert window.since == reckoning.floor(window.since, step)
    assert (window.since - window.before) % step == timedelta(0)
    assert span <= window.since - window.before < span + step
    assert (now - window.since) / step <= 1000


@given(moments, spans, st.sampled_from(["month eighth day", "month eighth day quarter hour", "day hour"]))
def test_a_range_is_covered_once_by_the_longest_units_that_fit(until, span, names):
    """From the first whole unit in it to the last, without a gap; a shorter one only where no longer one fits."""
    units = names.split()
    found = reckoning.cover(Span(until - span, until), units)
    for unit, part in found:
        begins = reckoning.UNITS[unit]
        assert [begins(moment).since for moment in (part.since, part.until)] == [part.since, part.until]
        assert unit in units
    read = sorted((part for _, part in found), key=lambda one: one.since)
    assert all(one.since < one.until for one in read)
    assert all(one.until == after.since for one, after in pairwise(read))
    step = timedelta(days=1) if units[-1] == "day" else timedelta(hours=1)
    since, end = (
        reckoning.floor(moment - timedelta.resolution, step) + step for moment in (until - span, until)
    )
    if not read:
        assert since == end
        return
    assert (read[0].since, read[-1].until) == (since, end)
    for unit, part in found:
        longer = units[: units.index(unit)]
        wholes = [reckoning.UNITS[name](part.since) for name in longer]
        assert not any(since <= whole.since and whole.until <= end for whole in wholes)


@given(st.dates(date(2023, 1, 1), date(2029, 1, 1)))
def test_eighths_are_whole_in_their_month(day):
    first, after = reckoning.eighth_of(day)
    assert first <= day < after <= first + timedelta(days=4)
    assert first.month == (after - timedelta(days=1)).month == day.month
    assert reckoning.eighth_of(after)[0] == after
    begin, end = reckoning.month_of(day)
    assert begin <= first < after <= end
    assert (begin.day, end.day) == (1, 1)
    assert reckoning.month_of(end)[0] == end


@given(moments, spans)
def test_a_heat_map_has_at_most_a_hundred_columns(now, span):
    step = reckoning.heat_step(span)
    assert (step is None) == (span > timedelta(days=1))
    assert step is None or span / step <= 100


groups = st.dictionaries(
    st.sampled_from(["bucket", "owner", "operation"]),
    st.dictionaries(st.text(max_size=3), st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=8),
)


@given(groups, st.integers(0, 12))
def test_movers_are_the_largest_changes(groups, most):
    found = reckoning.movers(groups, most)
    every = [abs(after - before) for named in groups.values() for after, before in named.values()]
    moved = sorted((change for change in every if change), reverse=True)
    assert [abs(one.change) for one in found] == moved[:most]
    assert all(one.change == one.requests - one.previous_requests for one in found)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(1, 5))
def test_a_cursor_counts_what_was_shown_of_a_moment(offsets, size):
    """Paging through any list tells each place once, in order."""
    times = sorted((NOW + timedelta(milliseconds=offset) for offset in offsets), reverse=True)
    told, wanted = 0, Filter()
    while told < len(times):
        left = [time for time in times if wanted.newest is None or time <= wanted.newest][wanted.skip :]
        assert left == times[told:]
        page = left[:size]
        told += len(page)
        newest, skip = reckoning.after(reckoning.cursor(page, wanted))
        wanted = Filter(newest=newest, skip=skip)


@pytest.mark.parametrize(
    "text", ["x", "1", "-1", "1-", "-", "1-x", "1--1", "²-1", "9" * 15 + "-1", "1-" + "9" * 7]
)
def test_what_is_no_cursor(text):
    with pytest.raises(BadInputError):
        reckoning.after(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", (100, 599)), ("errors", (400, 599)), ("2xx", (200, 299)), ("5xx", (500, 599)), ("404", (404, 404))],
)
def test_statuses(text, expected):
    assert reckoning.statuses(text) == expected


@given(st.text(max_size=6).filter(lambda text: text not in ("", "errors")))
def test_what_is_no_status(text):
    try:
        low, high = reckoning.statuses(text)
    except BadInputError:
        return
    assert 100 <= low <= high <= 599


@given(st.binary(min_size=16, max_size=32), st.text(max_size=20), st.integers(0, 2**40), st.integers(0, 99))
def test_a_signature_is_good_for_what_it_was_made_for(key, owner, expires, generation):
    signed = reckoning.signature(key, owner, expires, generation)
    assert reckoning.is_signed(key, owner, expires, generation, signed)
    assert not reckoning.is_signed(key, owner, expires, generation + 1, signed)
    assert not reckoning.is_signed(key, owner, expires + 1, generation, signed)
    assert not reckoning.is_signed(key, owner + "x", expires, generation, signed)
    assert not reckoning.is_signed(key + b"x", owner, expires, generation, signed)
    assert not reckoning.is_signed(key, owner, expires, generation, signed + "é")
