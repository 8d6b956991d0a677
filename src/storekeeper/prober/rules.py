"""Pure decisions of a vantage point. Durations are seconds."""

MOST_LATE = 600.0  # signatures hold for 900, and the endpoint's clock may be off
LONGEST_WAIT = 60.0  # between two plans, or two attempts
SHORTEST_WAIT = 1.0
_FIRST_WAIT = 1.0


def is_worth_it(late: float) -> bool:
    """Whether a round may still be made so long after its moment."""
    return late <= MOST_LATE


def until_next_plan(left: float, random: float) -> float:
    """When to ask again, `left` before the plan ends: well before that, and not with all others. `random` is 0…1."""
    return max(min(left / 2, LONGEST_WAIT) * (0.8 + 0.2 * random), SHORTEST_WAIT)


def until_next_attempt(failures: int, asked: float | None, random: float) -> float:
    """After so many in vain: exponential with jitter, and at least what the server asked for. `random` is 0…1."""
    longest = min(_FIRST_WAIT * 2.0 ** min(failures, 30), LONGEST_WAIT)
    return max(asked or 0.0, 0.0) + longest * (0.5 + 0.5 * random)
