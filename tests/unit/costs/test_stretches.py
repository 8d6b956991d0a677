from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from storekeeper.costs.rules.stretches import Scanned, Stretch, stretches, together

DAY = date(2026, 11, 10)
BEGIN = datetime(2026, 11, 10, tzinfo=UTC)
END = BEGIN + timedelta(days=1)
HOUR = timedelta(hours=1)


def scanned(scan_id, hours, bucket="b"):
    return Scanned(scan_id, bucket, BEGIN + hours * HOUR)


def test_a_scan_holds_until_the_next_one():
    found = stretches([scanned("yesterday", -20), scanned("six", 6), scanned("eighteen", 18)], DAY, END)
    assert found == [
        Stretch("yesterday", "b", 6 * 3600),
        Stretch("six", "b", 12 * 3600),
        Stretch("eighteen", "b", 6 * 3600),
    ]


def test_only_the_last_scan_of_days_before_counts():
    found = stretches([scanned("long ago", -500), scanned("yesterday", -1)], DAY, END)
    assert found == [Stretch("yesterday", "b", 24 * 3600)]


def test_the_first_scan_of_a_bucket_stands_for_its_whole_day():
    found = stretches([scanned("first", 20), scanned("second", 23)], DAY, END)
    assert found == [Stretch("first", "b", 23 * 3600, assumed=True), Stretch("second", "b", 3600)]


def test_today_is_only_what_is_over_of_it():
    assert stretches([scanned("s", -1)], DAY, BEGIN + 5 * HOUR) == [Stretch("s", "b", 5 * 3600)]


def test_nothing_is_known_before_the_first_scan():
    assert stretches([scanned("later", 30)], DAY, END + 10 * HOUR) == []


def test_days_together_are_the_time_in_all_of_them():
    found = [scanned("first", 6), scanned("second", 30)]
    next_day = DAY + timedelta(days=1)
    both = together([*stretches(found[:1], DAY, END), *stretches(found, next_day, END + 24 * HOUR)])
    assert {(one.scan_id, one.seconds) for one in both} == {("first", 30 * 3600), ("second", 18 * 3600)}


scans = st.builds(
    lambda minutes, bucket, name: Scanned(str(name), bucket, BEGIN + timedelta(minutes=minutes)),
    st.integers(-3000, 3000),
    st.sampled_from("ab"),
    st.integers(0, 10**6),
)


@given(st.lists(scans, unique_by=lambda one: one.scan_id), st.integers(0, 86_400))
def test_every_bucket_that_was_scanned_fills_the_day_exactly(found, past):
    now = BEGIN + timedelta(seconds=past)
    for bucket in "ab":
        of_bucket = [one for one in found if one.bucket_id == bucket]
        seconds = sum(one.seconds for one in stretches(found, DAY, now) if one.bucket_id == bucket)
        known = any(one.at < min(now, END) for one in of_bucket)
        assert seconds == (past if known else 0)


@given(st.lists(scans, unique_by=lambda one: (one.scan_id, one.at)))
def test_their_order_does_not_matter(found):
    assert stretches(found, DAY, END) == stretches(found[::-1], DAY, END)
