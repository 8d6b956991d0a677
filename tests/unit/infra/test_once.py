"""What is looked up once in a read."""

import contextvars
import threading

import pytest

from storekeeper.infra.once import once, one_read


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
