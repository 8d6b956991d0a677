"""Faults by name: for how many requests, and for how long."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.kernel.clock import ManualClock
from storekeeper.objectstore.faulty import Faults, Switch, Switchboard

OBJECT, LISTING = "/bucket/key", "/bucket?list-type=2"


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def board(clock):
    return Switchboard(clock, Random(7))


def shown(board):
    return {each.switch: (each.share, each.seconds_left, each.requests) for each in board.state()}


def test_nothing_is_on_at_first(board):
    assert board.choose("GET", OBJECT) == Faults()
    assert board.state() == []


@pytest.mark.parametrize("switch", Switch)
def test_each_switch_does_something_of_its_own(board, switch):
    board.turn_on(switch)
    alone = board.choose("GET", OBJECT)
    assert alone != Faults()
    for other in set(Switch) - {switch}:
        board.turn_off()
        board.turn_on(other)
        assert board.choose("GET", OBJECT) != alone


def test_wrong_bytes_are_those_of_objects(board):
    board.turn_on(Switch.WRONG_BYTES)
    assert not board.choose("GET", LISTING).wrong_bytes
    assert board.choose("GET", OBJECT).wrong_bytes
    assert shown(board) == {"wrong-bytes": (1.0, None, 1)}


@given(seconds=st.floats(0.001, 1e6), early=st.floats(0, 0.99), seed=st.integers())
def test_it_goes_off_by_itself_and_not_before(seconds, early, seed):
    board = Switchboard(clock := ManualClock(), Random(seed))
    board.turn_on(Switch.SLOW, seconds=seconds)
    board.turn_on(Switch.REFUSE)
    clock.advance(early * seconds)
    assert {each.switch for each in board.state()} == {"slow", "refuse"}
    clock.advance(seconds)
    chosen = board.choose("GET", OBJECT)
    assert (chosen.delay, chosen.refuse) == (0, True)
    assert shown(board) == {"refuse": (1.0, None, 1)}


def test_time_runs_down(board, clock):
    board.turn_on(Switch.SLOW, share=0.5, seconds=30)
    clock.advance(10)
    assert shown(board) == {"slow": (0.5, 20, 0)}
    board.turn_on(Switch.SLOW, seconds=5)
    assert shown(board) == {"slow": (1.0, 5, 0)}


@given(share=st.floats(0.05, 0.95) | st.just(1.0), seed=st.integers())
def test_a_share_of_the_requests_gets_it(share, seed):
    board = Switchboard(ManualClock(), Random(seed))
    board.turn_on(Switch.REFUSE, share=share)
    refused = sum(board.choose("GET", OBJECT).refuse for _ in range(1000))
    deviation = (1000 * share * (1 - share)) ** 0.5
    assert abs(refused - 1000 * share) <= 6 * deviation
    [state] = board.state()
    assert state.requests == refused


def test_several_at_once(board):
    for switch in (Switch.SLOW, Switch.ERRORS, Switch.THROTTLE):
        board.turn_on(switch)
    chosen = board.choose("GET", OBJECT)
    assert (chosen.delay, chosen.errors, chosen.error_status) == (3.0, 1, 500)
    board.turn_off(Switch.SLOW)
    assert board.choose("GET", OBJECT).delay == 0
    board.turn_off()
    assert board.choose("GET", OBJECT) == Faults()


@pytest.mark.parametrize(
    "wrong",
    [
        {"share": 0},
        {"share": 1.1},
        {"share": float("nan")},
        {"seconds": 0},
        {"seconds": -1},
        {"seconds": float("inf")},
        {"seconds": float("nan")},
    ],
)
def test_what_makes_no_sense_is_refused(board, wrong):
    with pytest.raises(ValueError, match=r"share|seconds"):
        board.turn_on(Switch.SLOW, **wrong)
    assert board.state() == []
