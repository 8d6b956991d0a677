"""The demo's applications: when they are busy, and how what they did is summed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.cli.local.demo.rhythm import DAY, in_trouble, pace
from storekeeper.cli.local.demo.tally import Stored, Tally, one, refused, summed

HOUR = DAY / 24
times = st.floats(0, 100 * DAY, allow_nan=False)


@given(times)
def test_somebody_is_always_there(time):
    assert 0.08 <= pace(time) <= 1


@given(times)
def test_every_day_is_like_the_other(time):
    assert pace(time + DAY) == pytest.approx(pace(time), abs=1e-6)


def test_nights_are_quiet_and_mornings_busy():
    assert pace(3 * HOUR) == 0.08
    assert pace(11 * HOUR) == 1
    assert pace(11 * HOUR) > pace(20 * HOUR) > pace(16 * HOUR)


def test_trouble_comes_once_a_day_for_an_hour():
    minutes = [number for number in range(24 * 60) if in_trouble(number * DAY / (24 * 60))]
    assert minutes == list(range(minutes[0], minutes[-1] + 1))
    assert (minutes[0] // 60, len(minutes)) == (13, 72)


tallies = st.dictionaries(
    st.sampled_from(["GetObject", "PutObject", "HeadObject"]),
    st.builds(Tally, *[st.integers(0, 1000)] * 3),
)


@given(st.lists(tallies))
def test_a_sum_forgets_nothing(many):
    total = summed(many)
    for field in ("requests", "errors", "bytes"):
        expected = sum(getattr(tally, field) for each in many for tally in each.values())
        assert sum(getattr(tally, field) for tally in total.values()) == expected


def test_deeds():
    assert summed([one("GetObject", 5), refused("GetObject")]) == {"GetObject": Tally(2, 1, 5)}


@pytest.mark.parametrize(("operation", "size"), [("GetObject", 12), ("UploadPart", 12), ("ListObjectsV2", 0)])
def test_only_bytes_of_objects_are_compared(operation, size):
    stored = Stored(name=operation, requests=2.0, errors=1.0, bytes_in=10.0, bytes_out=2.0)
    assert stored.tally() == Tally(2, 1, size)
