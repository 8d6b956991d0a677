"""What a server says of a bucket, and what a breaker makes of it: pure."""

import enum
from typing import NamedTuple

import msgspec

from .model import Mode, State


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """The server's state of a bucket. `left` is seconds until an open one is tried again, if that is known."""

    bucket: str
    state: State
    epoch: int
    left: float | None = None
    mode: Mode = Mode.AUTOMATIC


class Standing(NamedTuple):
    """How a breaker stands when it hears a word."""

    state: State
    mode: Mode
    left: float  # seconds until it would try by itself
    told: bool  # it is as it is because a server said so


class Order(enum.Enum):
    """What to do."""

    NOTHING = enum.auto()
    OPEN = enum.auto()
    LONGER = enum.auto()  # it is open already
    CLOSE = enum.auto()
    MODE = enum.auto()
    AUTOMATIC = enum.auto()  # leave the mode that the server had set


def heard(word: Word, standing: Standing) -> Order:
    """The word's mode first, then its open state; a mode that the program chose itself stands above both.

    A server that sees a bucket work can end only what a server began: what this program found out stays.
    """
    if standing.mode is not Mode.AUTOMATIC and not standing.told:
        return Order.NOTHING
    if word.mode is not standing.mode:
        return Order.AUTOMATIC if word.mode is Mode.AUTOMATIC else Order.MODE
    return _by_state(word, standing) if word.mode is Mode.AUTOMATIC else Order.NOTHING


def _by_state(word: Word, standing: Standing) -> Order:
    if word.state is State.OPEN and (word.left or 0.0) > 0:
        if standing.state is not State.OPEN:
            return Order.OPEN
        return Order.LONGER if (word.left or 0.0) > standing.left else Order.NOTHING
    if word.state is State.CLOSED and standing.state is State.OPEN and standing.told:
        return Order.CLOSE
    return Order.NOTHING
