"""Answers that take long are worked out once, for as long as what they are made of stays the same."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from storekeeper.costs.service.kept import Kept


@pytest.fixture
def made():
    return []


@pytest.fixture
def ask(made):
    """`ask("2026-11", made_of=1)`: the answer, which is how many were worked out when it was."""
    kept = Kept(most=2)

    def get(asked, made_of=0):
        return kept.get(asked, made_of, lambda: made.append(asked) or len(made))

    return get


def test_the_same_again_is_not_worked_out(ask):
    assert [ask("a"), ask("b"), ask("a"), ask("b")] == [1, 2, 1, 2]


def test_what_it_is_made_of_has_changed(ask):
    assert [ask("a", 1), ask("a", 2), ask("a", 2), ask("a", 1)] == [1, 2, 2, 3]


def test_the_least_used_give_way(ask):
    assert [ask("a"), ask("b"), ask("a"), ask("c"), ask("a"), ask("b")] == [1, 2, 1, 3, 1, 4]


def test_a_failure_is_told_to_all_who_wait_and_not_kept():
    kept, under_way, may_end = Kept(), threading.Event(), threading.Event()

    def fail():
        under_way.set()
        assert may_end.wait(10)
        raise OSError("away")

    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(kept.get, "a", 0, fail)]
        assert under_way.wait(10)
        asked.append(threads.submit(kept.get, "a", 0, lambda: "again"))
        assert kept.get("b", 0, lambda: "another answer does not wait") == "another answer does not wait"
        may_end.set()
        assert {type(one.exception(10)) for one in asked} <= {OSError, type(None)}
        assert isinstance(asked[0].exception(10), OSError)
    assert kept.get("a", 0, lambda: "found") in {"found", "again"}
