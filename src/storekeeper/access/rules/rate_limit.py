"""GCRA, the leaky bucket as a meter (ITU-T I.371): one number of state per caller, no timers.

The state is the theoretical arrival time (`tat`) in microseconds: when the caller's allowance will be whole again.
Integers keep it exact, so that a refused caller who waits `retry_after` is never refused again.
"""

import math

import msgspec

MICROSECONDS = 1_000_000


class Limit(msgspec.Struct, frozen=True):
    """`count` at once, then one more every `seconds / count`."""

    name: str
    count: int
    seconds: int

    @property
    def interval(self) -> int:
        """Microseconds that one use costs."""
        return self.seconds * MICROSECONDS // self.count

    @property
    def tolerance(self) -> int:
        """Microseconds that may be owed at most."""
        return self.interval * self.count


class Verdict(msgspec.Struct, frozen=True):
    """What a caller may be told about its allowance."""

    limit: Limit
    remaining: int  # uses that are allowed at once
    retry_after: float  # seconds until one use is allowed; 0 when it is now
    reset: float  # seconds until the allowance is whole again


def look(tat: int | None, now: int, limit: Limit) -> Verdict:
    """The allowance as it stands; using none of it."""
    owed = _owed(tat, now)
    free = limit.tolerance - owed
    wait = max(0, limit.interval - free)
    return Verdict(limit, max(0, free // limit.interval), wait / MICROSECONDS, owed / MICROSECONDS)


def take(tat: int | None, now: int, limit: Limit) -> tuple[bool, int]:
    """Use the allowance once: whether that is allowed, and the new state. A refusal leaves the debt as it was."""
    owed = _owed(tat, now)
    allowed = owed + limit.interval <= limit.tolerance
    return allowed, now + owed + (limit.interval if allowed else 0)


def give_back(tat: int, limit: Limit) -> int:
    """The state as if one use had not been."""
    return tat - limit.interval


def headers(*verdicts: Verdict) -> dict[str, str]:
    """The fields of draft-ietf-httpapi-ratelimit-headers."""
    policies = [
        f'"{verdict.limit.name}";q={verdict.limit.count};w={verdict.limit.seconds}' for verdict in verdicts
    ]
    states = [
        f'"{verdict.limit.name}";r={verdict.remaining};t={math.ceil(verdict.reset)}' for verdict in verdicts
    ]
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}


def _owed(tat: int | None, now: int) -> int:
    return 0 if tat is None else max(0, tat - now)
