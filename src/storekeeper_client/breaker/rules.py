"""When to open, how long to wait, what trial calls decide: pure, from figures to a decision with its reason."""

from typing import NamedTuple

from .model import BreakerConfig, Failure, Figures, State, Window

_HOW = {
    Failure.CONNECT: "a failed connection",
    Failure.TLS: "an error of TLS",
    Failure.TIMEOUT: "a timeout",
    Failure.SERVER: "an error of the server",
}
_DOUBLINGS = 30  # enough to reach any cap; keeps the power finite


class Move(NamedTuple):
    """A transition that is due."""

    to: State
    reason: str


def trip(figures: Figures, config: BreakerConfig, last: Failure | None) -> Move | None:
    """Whether a closed breaker opens after a call that failed (`last` says how) or was slow.

    A good call can not raise a rate, so only bad ones are judged.
    """
    if last is not None and figures.consecutive >= config.failure_threshold:
        return Move(State.OPEN, f"{_calls(figures.consecutive)} in a row failed, the last by {_HOW[last]}")
    if figures.calls < config.min_calls:
        return None
    if figures.failure_rate >= config.failure_rate_threshold:
        return Move(State.OPEN, f"{figures.failure_rate:.0%} of the {_span(figures, config)} failed")
    if figures.slow_rate >= config.slow_rate_threshold:
        slow = f"took {config.slow_call_threshold:g} s or longer"
        return Move(State.OPEN, f"{figures.slow_rate:.0%} of the {_span(figures, config)} {slow}")
    return None


def after_trial(figures: Figures, config: BreakerConfig, last: Failure | None) -> Move | None:
    """What the votes of trial calls decide: to open again as soon as it is certain, to close when all have voted."""
    permits = config.half_open_permits
    if last is not None and (
        figures.failures / permits >= config.failure_rate_threshold
        or figures.consecutive >= config.failure_threshold
    ):
        return Move(
            State.OPEN,
            f"{figures.failures} of {_calls(permits, 'trial call')} failed, the last by {_HOW[last]}",
        )
    if figures.slow / permits >= config.slow_rate_threshold:
        slow = f"took {config.slow_call_threshold:g} s or longer"
        return Move(State.OPEN, f"{figures.slow} of {_calls(permits, 'trial call')} {slow}")
    if figures.calls >= permits:
        good = figures.calls - figures.failures
        return Move(State.CLOSED, f"{good} of {_calls(permits, 'trial call')} succeeded")
    return None


def wait(first: float, doubled: int, config: BreakerConfig, chance: float) -> float:
    """Seconds: `first` doubled so many times, at most `longest_recovery`, shortened by up to the jitter (`chance` from 0 to 1)."""
    longest = min(first * 2.0 ** min(doubled, _DOUBLINGS), config.longest_recovery)
    return longest * (1.0 - config.jitter * chance)


def _span(figures: Figures, config: BreakerConfig) -> str:
    if config.window == Window.COUNT:
        return f"last {_calls(figures.calls)}"
    return f"{_calls(figures.calls)} of the last {config.monitoring_window:g} s"


def _calls(count: int, noun: str = "call") -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
