"""How long to wait before trying again."""

from collections.abc import Callable

from .limits import Limits


def pause(attempt: int, asked: float | None, limits: Limits, random: Callable[[], float]) -> float:
    """Seconds before the next attempt, after `attempt` ≥ 1 in vain.

    Exponential with full jitter (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog 2015). What the
    server asked for is the least; the jitter comes on top so that clients do not come back all at once.
    """
    longest = min(limits.first_retry * 2.0 ** min(attempt - 1, 30), limits.longest_retry)
    return min(asked or 0.0, limits.longest_retry_after) + random() * longest
