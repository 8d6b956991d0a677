"""What several vantage points make of a bucket together: nobody's failure alone is called an outage."""

from collections.abc import Sequence
from typing import NamedTuple

from storekeeper.health.model import Status
from storekeeper.health.rules.status import Judgment
from storekeeper_client.breaker import Outcome
from storekeeper_client.breaker.verdict import Verdict

MAJORITY = 0  # the setting that leaves it to how many there are
HERE = "this server"


class View(NamedTuple):
    """How a bucket is from a vantage point."""

    who: str
    judgment: Judgment


class Voice(NamedTuple):
    """What a vantage point's last round said of the storage; `slowest` is its slowest operation, in seconds."""

    verdict: Verdict
    slowest: float


def needed(quorum: int, heard: int) -> int:
    """How many of those that were heard must see failure. One that sees alone decides alone."""
    return min(quorum if quorum != MAJORITY else heard // 2 + 1, heard)


def together(own: Judgment, others: Sequence[View], quorum: int) -> Judgment:
    """The status by all that were heard lately, with who sees it where they do not agree.

    Where this server itself knows nothing, nothing is known.
    """
    if not others or own.status is Status.UNKNOWN:
        return own
    views = [View(HERE, own), *others]
    failing = [one for one in views if one.judgment.status is Status.UNHEALTHY]
    if len(failing) >= needed(quorum, len(views)):
        return Judgment(
            Status.UNHEALTHY, f"{failing[0].judgment.reason}; seen failing from {_names(failing)}"
        )
    if failing:
        told = f"{failing[0].judgment.reason}; seen failing from {_names(failing)} only"
        return Judgment(Status.DEGRADED, told)
    bad = [one for one in views if one.judgment.status is Status.DEGRADED]
    if bad:
        seen = "" if len(bad) == len(views) else f"; seen from {_names(bad)} only"
        return Judgment(Status.DEGRADED, f"{bad[0].judgment.reason}{seen}")
    return own


def vote(own: Voice, others: Sequence[Voice], quorum: int) -> Voice:
    """What the bucket's breaker is told of a round of this server: a failure only where enough see one."""
    voices = [own, *others]
    failing = [one for one in voices if one.verdict.outcome is Outcome.FAILURE]
    if len(failing) >= needed(quorum, len(voices)):
        return failing[0]
    if own in failing:
        sound = [one for one in others if one.verdict.outcome is not Outcome.FAILURE]
        return min(sound, key=lambda one: one.verdict.outcome is not Outcome.OK)
    return own


def _names(views: Sequence[View]) -> str:
    names = [one.who for one in views]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
