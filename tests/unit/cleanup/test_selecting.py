"""What a policy chooses, never more, and never above its cap."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.cleanup.model import BadPolicyError, Choice
from storekeeper.cleanup.rules.checking import check, difference
from storekeeper.cleanup.rules.selecting import (
    AGES,
    RESERVED,
    Cap,
    Selector,
    age_of,
    folder_of,
    has_tags,
    prefixes_to_list,
)
from storekeeper.metering.keeping import service as keeping
from storekeeper.objectstore import Described
from storekeeper.objectstore.permissions import PROBE_PREFIX
from storekeeper.objectstore.probing import RESERVED_PREFIX

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PARTS = st.sampled_from(
    ["a", "b", "tmp", "a/", "tmp/", "x.log", "x.tmp", "storekeeper/", ".storekeeper-probe/", "é"]
)
KEYS = st.lists(PARTS, min_size=1, max_size=4).map("".join)
PREFIXES = st.lists(KEYS, max_size=3)
DAYS = st.integers(min_value=0, max_value=400)
SIZES = st.integers(min_value=0, max_value=20)
CHOICES = st.builds(
    Choice,
    prefixes=PREFIXES,
    excluded=PREFIXES,
    pattern=st.sampled_from(["", "*.tmp", "a*", "*/x.?og"]),
    min_age_days=st.integers(min_value=1, max_value=365),
    min_size=st.none() | SIZES,
    max_size=st.none() | SIZES,
) | st.builds(Choice, whole_bucket=st.just(True), excluded=PREFIXES, min_age_days=st.just(1))


@given(CHOICES, KEYS, SIZES, DAYS)
def test_nothing_outside_the_policy_is_chosen(choice, key, size, days):
    modified = NOW - timedelta(days=days)
    if not Selector(choice, NOW).chooses(key, size, modified):
        return
    assert choice.whole_bucket or any(key.startswith(prefix) for prefix in choice.prefixes)
    assert not any(key.startswith(prefix) for prefix in (*choice.excluded, *RESERVED))
    assert days >= choice.min_age_days
    assert (choice.min_size or 0) <= size <= (size if choice.max_size is None else choice.max_size)
    ends = {
        "*.tmp": key.endswith(".tmp"),
        "a*": key.startswith("a"),
        "*/x.?og": key.endswith("/x.log"),
        "": True,
    }
    assert ends[choice.pattern]


@given(PREFIXES, KEYS)
def test_each_key_of_a_policy_is_listed_exactly_once(prefixes, key):
    times = sum(key.startswith(prefix) for prefix in prefixes_to_list(Choice(prefixes=prefixes)))
    assert times == any(key.startswith(prefix) for prefix in prefixes)


@given(st.lists(SIZES), st.integers(0, 10), st.integers(0, 60))
def test_a_cap_is_never_passed(sizes, most_objects, most_bytes):
    cap = Cap(most_objects, most_bytes)
    taken = [size for size in sizes if cap.takes(size)]
    assert len(taken) <= most_objects
    assert sum(taken) <= most_bytes
    if len(sizes) <= most_objects and sum(sizes) <= most_bytes:
        assert taken == sizes


def test_the_boundaries_are_included():
    chooses = Selector(Choice(prefixes=["tmp/"], min_age_days=90, min_size=5, max_size=7), NOW).chooses
    old = NOW - timedelta(days=90)
    assert [chooses("tmp/a", size, old) for size in (4, 5, 7, 8)] == [False, True, True, False]
    assert not chooses("tmp/a", 5, old + timedelta(microseconds=1))
    assert not chooses("tm", 5, old)


def test_what_storekeeper_writes_itself_is_reserved():
    for prefix in (RESERVED_PREFIX, PROBE_PREFIX, keeping.PREFIX):
        assert not Selector(Choice(whole_bucket=True), NOW).chooses(
            f"{prefix}x", 1, NOW - timedelta(days=999)
        )


@pytest.mark.parametrize(
    ("key", "folder"),
    [
        ("tmp/a/b/c", "tmp/a/"),
        ("tmp/x", "tmp/"),
        ("temporary", "te"),
        ("tempo/x", "tempo/"),
        ("other/x", "other/"),
        ("x", ""),
    ],
)
def test_a_plan_is_told_by_folders_below_its_prefixes(key, folder):
    assert folder_of(key, ["tmp/", "te"]) == folder


def test_ages_are_told_in_order():
    assert [age_of(NOW - timedelta(days=days), NOW) for days in (1, 30, 179, 364, 365)] == list(AGES)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(), "names no prefix"),
        (Choice(prefixes=["a"], whole_bucket=True), "both"),
        (Choice(prefixes=[".storekeeper-probe/x"]), "Storekeeper's own"),
        (Choice(prefixes=["tmp/a/"], excluded=["tmp/"]), "nothing is left"),
        (Choice(prefixes=["a"], min_size=2, max_size=1), "nothing would be chosen"),
        (Choice(prefixes=["a"], tags={"a": "b"}), "have no tags"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(choice, words):
    with pytest.raises(BadPolicyError, match=words):
        check(choice, "folder")


def test_tags_are_all_asked_for():
    assert has_tags({"a": "1"}, {"a": "1", "b": "2"})
    assert not has_tags({"a": "1", "b": "1"}, {"a": "1", "b": "2"})
    assert not has_tags({"a": ""}, {})


def test_an_object_is_the_planned_one_only_with_its_size_etag_and_time():
    planned = Described(size=5, modified=NOW.replace(microsecond=900_000), etag="e")
    same = Described(size=5, modified=NOW, etag="e")
    assert difference(planned, same) == ""
    assert difference(planned, Described(size=5, modified=NOW)) == ""  # HEAD without an ETag
    for size, later, etag, words in [(6, 0, "e", "size"), (5, 0, "f", "ETag"), (5, 2, "e", "written at")]:
        found = Described(size=size, modified=NOW + timedelta(seconds=later), etag=etag)
        assert words in difference(planned, found)
