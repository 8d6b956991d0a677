"""Which hours are asked for, how far a listing of logs has come, and when a source is due."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from storekeeper.metering.importing.pulling import rules, s3_logs, windows
from storekeeper.metering.importing.pulling.model import ImportSource, ImportSourceChange, NewImportSource

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - aware by `timezones`
FIRST, LONGEST = timedelta(days=7), timedelta(days=30)


@given(MOMENTS, MOMENTS | st.none())
def test_hours_are_whole_and_over_and_not_too_many(now, left_off):
    cursor = windows.written(left_off) if left_off else ""
    since, until = windows.hours(cursor, now, first=FIRST, longest=LONGEST)
    assert (until.minute, until.second, until.microsecond) == (0, 0, 0)
    assert since < until <= now
    assert until - since <= LONGEST


@given(st.lists(MOMENTS, min_size=2, max_size=8).map(sorted))
def test_no_hour_is_left_out_between_two_pulls(nows):
    cursor, ranges = "", []
    for now in nows:
        since, until = windows.hours(cursor, now, first=FIRST, longest=timedelta(days=10_000))
        ranges.append((since, until))
        cursor = windows.written(until)
    for (_, before), (since, _) in itertools.pairwise(ranges):
        assert since <= before


DELIVERED = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(0, 40_000), max_size=30)


@given(DELIVERED)
def test_the_place_moves_behind_what_is_settled_and_keeps_the_rest(ages):
    seen = {key: int(NOON.timestamp()) - age for key, age in ages.items()}
    place = s3_logs._moved_on("", seen, NOON)
    behind = {key for key in seen if key <= place.after}
    assert behind | set(place.seen) == set(seen)  # nothing that was read is read again
    assert all(ages[key] > s3_logs.SETTLED.total_seconds() for key in behind)
    assert all(key > place.after for key in place.seen)


def test_too_many_keys_are_not_kept():
    seen = {f"{number:06}": int(NOON.timestamp()) for number in range(s3_logs.MAX_SEEN + 10)}
    place = s3_logs._moved_on("", seen, NOON)
    assert (len(place.seen), place.after) == (s3_logs.MAX_SEEN, "000009")


@pytest.mark.parametrize(
    ("cron", "last", "due"),
    [
        ("10 * * * *", None, True),
        ("10 * * * *", NOON - timedelta(minutes=5), False),
        ("10 * * * *", NOON - timedelta(hours=5), True),
        ("", None, False),
    ],
)
def test_a_source_is_due(cron, last, due):
    source = ImportSource(
        id="s", name="s", format="cloudwatch", bucket="b", cron=cron, settings={}, has_secret=True, last_run_at=last,
        last_result={}, last_error="", created_at=NOON - timedelta(days=1), updated_at=NOON,
    )  # fmt: skip
    assert rules.is_due(source, NOON) is due
    assert rules.next_run(replace(source, paused=True)) is None
    assert not rules.is_due(replace(source, paused=True), NOON)


def test_a_moment_that_never_comes_is_none():
    source = ImportSource(
        id="s", name="s", format="cloudwatch", bucket="b", cron="0 3 31 2 *", settings={}, has_secret=True,
        last_run_at=None, last_result={}, last_error="", created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    assert rules.next_run(source) is None
    hourly = replace(source, cron="10 * * * *")
    assert rules.next_run(hourly) == NOON + timedelta(minutes=10)


def test_a_secret_never_shows_in_what_is_printed():
    new = NewImportSource(name="n", format="f", bucket="b", secret="hush")
    assert "hush" not in repr(new) + repr(ImportSourceChange(secret="hush"))
