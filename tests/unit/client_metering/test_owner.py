"""Owners: by pattern as on the server, and by the block that a request is made in."""

import contextvars

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.buckets.rules import owner_of
from storekeeper_client.metering.owner import current_owner, owner, owner_finder


@pytest.mark.parametrize(
    ("pattern", "key", "found"),
    [
        ("users/{owner}/", "users/ann/cat.jpg", "ann"),
        ("users/{owner}/", "users/ann", ""),
        ("users/{owner}/", "other/ann/cat.jpg", ""),
        ("*/{owner}-", "eu/ann-1.jpg", "ann"),
        ("a.b/{owner}/", "aXb/ann/", ""),
        ("", "users/ann/cat.jpg", ""),
    ],
)
def test_the_pattern_finds_the_owner(pattern, key, found):
    assert owner_finder(pattern)(key) == found


@given(st.text("a*/{}.-", max_size=6), st.text("a*/{}.-", max_size=6), st.text("ab/.-", max_size=20))
def test_client_and_server_mean_the_same(before, after, key):
    pattern = f"{before.replace('{', '')}{{owner}}{after.replace('{', '')}"
    assert owner_finder(pattern)(key) == owner_of(key, pattern)


@pytest.mark.parametrize("pattern", ["users/", "{owner}/{owner}/"])
def test_a_pattern_without_one_owner_is_refused(pattern):
    with pytest.raises(ValueError, match="exactly once"):
        owner_finder(pattern)


def test_the_owner_is_in_force_within_its_block_and_nowhere_else():
    with owner("ann"):
        elsewhere = contextvars.Context()
        with owner("bob"):
            assert current_owner() == "bob"
        assert (current_owner(), elsewhere.run(current_owner)) == ("ann", "")
    assert current_owner() == ""
