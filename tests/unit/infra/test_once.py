"""What is looked up once in a read."""

import contextvars
import threading

import pytest

from storekeeper.infra.once import Either, found_already, once, one_read


class Looking:
    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return self.times


def test_outside_of_a_read_it_is_looked_up_each_time():
    look = Looking()
    assert [once("a", look), once("a", look)] == [1, 2]


def test_within_one_it_is_looked_up_once():
    look = Looking()
    with one_read():
        assert [once("a", look), once("a", look), once("b", look)] == [1, 1, 2]
    with one_read():
        assert once("a", look) == 3


def test_what_was_found_can_be_asked_for_without_looking():
    assert found_already("a") is None
    with one_read():
        assert found_already("a") is None
        once("a", Looking())
        assert found_already("a") == 1
    assert found_already("a") is None


def test_nothing_is_remembered_of_what_failed():
    def fail():
        raise LookupError("not there")

    look = Looking()
    with one_read():
        with pytest.raises(LookupError):
            once("a", fail)
        assert once("a", look) == 1


def test_threads_that_work_for_a_read_share_it():
    look, seen = Looking(), []
    with one_read():
        once("a", look)
        context = contextvars.copy_context()
        thread = threading.Thread(target=lambda: seen.append(context.run(once, "a", look)))
        thread.start()
        thread.join()
    assert seen == [1]


def test_either_thread_does_the_work_once():
    """A thread that asks for the result while another is at work waits for it."""
    look, begun, go_on = Looking(), threading.Event(), threading.Event()

    def work():
        begun.set()
        go_on.wait(10)
        return look()

    either = Either(work)
    first = threading.Thread(target=either.take)
    first.start()
    assert begun.wait(10)
    either.take()  # begun already, so that this returns at once
    found = []
    second = threading.Thread(target=lambda: found.append(either.result()))
    second.start()
    go_on.set()
    for thread in (first, second):
        thread.join(10)
    assert (found, either.result(), look.times) == ([1], 1, 1)


def test_who_asks_for_a_result_does_the_work_that_nobody_began():
    assert Either(lambda: 7).result() == 7


def test_both_hear_that_it_failed():
    def fail():
        raise LookupError("not there")

    either = Either(fail)
    either.take()
    for _ in range(2):
        with pytest.raises(LookupError):
            either.result()
