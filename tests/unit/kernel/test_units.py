import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.kernel import units


@pytest.mark.parametrize(
    ("text", "count"),
    [("0", 0), ("1", 1), ("1.5 GB", 1_500_000_000), ("1GiB", 2**30), ("12 kb", 12_000), ("2 TiB", 2**41)],
)
def test_sizes_are_read_as_people_write_them(text, count):
    assert units.parse_bytes(text) == count


@pytest.mark.parametrize("text", ["", "-1", "GB", "1 XB", "1e3", "1,000"])
def test_what_is_not_a_size_is_refused(text):
    with pytest.raises(ValueError, match="not a size"):
        units.parse_bytes(text)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1234567, "1.23 MB"),
        (999_600, "1.00 MB"),
        (10**18, "1 EB"),
        (-1500, "-1.50 kB"),
    ],
)
def test_sizes_are_written_with_three_digits(count, text):
    assert units.format_bytes(count) == text


@given(st.integers(0, 10**19))
def test_a_written_size_reads_back_within_rounding(count):
    again = units.parse_bytes(units.format_bytes(count))
    assert abs(again - count) <= count * 0.006


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("1h30m", 5400), ("250ms", 0.25), ("7d", 604800), ("1.5h", 5400)]
)
def test_durations_are_read(text, seconds):
    assert units.parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "h", "1x", "5m junk", "-5m"])
def test_what_is_not_a_duration_is_refused(text):
    with pytest.raises(ValueError, match="not a duration"):
        units.parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 ms"), (0.25, "250 ms"), (1, "1 s"), (90, "1m 30s"), (5430, "1h 30m"), (200_000, "2d 7h")],
)
def test_durations_are_written_in_two_units(seconds, text):
    assert units.format_duration(seconds) == text


@given(st.floats(0, 1e8))
def test_a_duration_never_comes_out_empty(seconds):
    assert units.format_duration(seconds)
