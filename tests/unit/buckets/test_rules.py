import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.buckets.rules import check_cron, owner_of, owner_regex
from storekeeper.kernel.errors import BadInputError


@pytest.mark.parametrize(
    ("pattern", "key", "owner"),
    [
        ("users/{owner}/", "users/ann/a.txt", "ann"),
        ("users/{owner}/", "users/ann", ""),
        ("users/{owner}/", "x/users/ann/a", ""),
        ("{owner}/", "ann/a", "ann"),
        ("*/users/{owner}/", "eu/users/ann/a", "ann"),
        ("*/users/{owner}/", "eu/west/users/ann/a", ""),
        ("u-{owner}.json", "u-ann.json", "ann"),
        ("a.b/{owner}/", "axb/ann/c", ""),
        ("users/{owner}/", "users/änn é/a", "änn é"),
        ("", "users/ann/a", ""),
    ],
)
def test_an_owner_is_found_where_the_pattern_says(pattern, key, owner):
    assert owner_of(key, pattern) == owner


@pytest.mark.parametrize("pattern", ["users/", "{owner}/{owner}", "users/{owner}/\n", "x" * 600 + "{owner}"])
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(BadInputError):
        owner_regex(pattern)


@given(st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1), st.text())
def test_any_owner_of_one_segment_is_found(owner, rest):
    assert owner_of(f"users/{owner}/{rest}", "users/{owner}/") == owner


@pytest.mark.parametrize("cron", ["", "0 3 * * *", "*/5 0-6 * * 1"])
def test_schedules_are_taken(cron):
    check_cron(cron)


@pytest.mark.parametrize("cron", ["x", "0 3 * *", "0 3 * * * *", "61 * * * *"])
def test_what_is_no_schedule_is_refused(cron):
    with pytest.raises(BadInputError, match="cron"):
        check_cron(cron)
