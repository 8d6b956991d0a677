"""How a bucket is, from how its operations ended lately, with the reason in words."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from storekeeper.health.model import OperationHealth, Status
from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import Outcome

KEPT = 10  # checks of an operation that are remembered
_BAD = frozenset("ftxc")
_WORDS = {"f": "fails", "x": "fails", "t": "is throttled", "c": "is refused"}
_LETTERS = {
    Outcome.OK: "o",
    Outcome.FAILURE: "f",
    Outcome.THROTTLED: "t",
    Outcome.CALLER: "c",
    Outcome.UNKNOWN: "u",
}


class Seen(NamedTuple):
    """How one operation of a round ended."""

    operation: ProbeOperation
    outcome: Outcome
    latency_ms: float
    first_byte_ms: float | None = None
    slow: bool = False
    corrupt: bool = False
    problem: str = ""


class Judgment(NamedTuple):
    status: Status
    reason: str


def note(
    before: Sequence[OperationHealth], round_: Sequence[Seen], at: datetime, threshold: int
) -> list[OperationHealth]:
    """The operations after one more round. Those that are not tested any more are forgotten."""
    known = {one.operation: one for one in before}
    return [
        _noted(known.get(seen.operation, OperationHealth(operation=seen.operation)), seen, at, threshold)
        for seen in round_
    ]


def judge(operations: Sequence[OperationHealth], threshold: int) -> Judgment:
    """The status by operations that were checked lately, the worst first in words.

    `threshold` bad checks in a row make an operation fail; so many among the last ten make it fail at times. What has
    never worked yet is not called healthy before.
    """
    if not operations:
        return Judgment(Status.UNKNOWN, "No check yet.")
    failing = [one for one in operations if one.streak >= threshold]
    unsteady = [one for one in operations if one not in failing and _bad(one) >= threshold]
    slow = [one for one in operations if _slow_streak(one) >= threshold]
    words = [_failing(one, threshold) for one in failing] + [_unsteady(one) for one in unsteady]
    words += [f"{one.operation.upper()} is slow: {one.latency_ms:.0f} ms" for one in slow]
    if len(failing) == len(operations):
        return Judgment(Status.UNHEALTHY, _together(failing, threshold) or "; ".join(words))
    if words:
        return Judgment(Status.DEGRADED, "; ".join(words))
    if lately := [one for one in operations if one.streak]:
        never = any(one.streak == len(one.recent) for one in lately)
        told = "; ".join(_lately(one, threshold) for one in lately)
        return Judgment(Status.UNKNOWN if never else Status.HEALTHY, told)
    return Judgment(Status.HEALTHY, _well(operations))


def stale(checked_at: datetime | None) -> Judgment:
    """When nothing recent is known."""
    if checked_at is None:
        return Judgment(Status.UNKNOWN, "No check yet.")
    return Judgment(Status.UNKNOWN, f"No check since {_clock(checked_at)}.")


def _noted(before: OperationHealth, seen: Seen, at: datetime, threshold: int) -> OperationHealth:
    letter = _letter(seen)
    bad = letter in _BAD
    # When an operation works again after it had failed for good, its past is no sign of unsteadiness.
    recent = "" if not bad and before.streak >= threshold else before.recent
    return OperationHealth(
        operation=seen.operation,
        recent=(recent + letter)[-KEPT:],
        since=(before.since or at) if bad else None,
        streak=before.streak + 1 if bad else 0,
        problem=seen.problem if bad else before.problem,
        latency_ms=seen.latency_ms,
        first_byte_ms=seen.first_byte_ms,
    )


def _letter(seen: Seen) -> str:
    if seen.corrupt:
        return "x"
    if seen.outcome is Outcome.OK and seen.slow:
        return "s"
    return _LETTERS[seen.outcome]


def _bad(one: OperationHealth) -> int:
    return sum(letter in _BAD for letter in one.recent)


def _slow_streak(one: OperationHealth) -> int:
    return len(one.recent) - len(one.recent.rstrip("s"))


def _failing(one: OperationHealth, threshold: int) -> str:
    verb = _WORDS[one.recent[-1]]
    return f"{one.operation.upper()} {verb}{_since(one)}: {one.problem} ({threshold} of {threshold})"


def _unsteady(one: OperationHealth) -> str:
    return (
        f"{one.operation.upper()} fails at times: {_bad(one)} of {len(one.recent)}, the last by {one.problem}"
    )


def _lately(one: OperationHealth, threshold: int) -> str:
    times = "in the last check" if one.streak == 1 else f"in the last {one.streak} checks"
    return f"{one.operation.upper()} failed {times}: {one.problem} ({one.streak} of {threshold})"


def _together(failing: Sequence[OperationHealth], threshold: int) -> str:
    """One sentence where all fail alike; empty where they do not."""
    first = failing[0]
    alike = {(one.problem, one.recent[-1]) for one in failing}
    if len(failing) == 1 or len(alike) > 1:
        return ""
    verb = {"f": "fail", "x": "fail", "t": "are throttled", "c": "are refused"}[first.recent[-1]]
    begun = min((one.since for one in failing if one.since), default=None)
    since = f" since {_clock(begun)}" if begun else ""
    return f"All operations {verb}{since}: {first.problem} ({threshold} of {threshold})"


def _since(one: OperationHealth) -> str:
    return f" since {_clock(one.since)}" if one.since else ""


def _well(operations: Sequence[OperationHealth]) -> str:
    worst = max(operations, key=lambda one: one.latency_ms)
    return f"All operations work; the slowest is {worst.operation.upper()} with {worst.latency_ms:.0f} ms."


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M}"
