"""How use stands to a limit, and when that has changed enough to be told."""

from datetime import datetime

from storekeeper.kernel.units import format_bytes, format_count
from storekeeper.quotas.model import MONTHLY, Measure, Quota, State

CLEARED_PERCENT = 95  # of a threshold: use must fall below that before the state falls back
_NOUNS = {
    Measure.BYTES: "stored",
    Measure.OBJECTS: "objects",
    Measure.OPERATIONS: "operations",
    Measure.EGRESS: "egress",
}


def effective_limit(quota: Quota, now: datetime) -> int:
    """The limit, or the raised one as long as the raise lasts."""
    raised = quota.raised
    return raised.limit if raised is not None and now < raised.until else quota.limit


def next_state(before: State, used: int, limit: int, warn_percent: int) -> State:
    """Warned from `warn_percent` of the limit on, exceeded above the limit; back only below 95 % of the threshold.

    Amounts are whole, so that nothing depends on rounding. Where nothing is used, nothing is wrong.
    """
    if used <= 0:
        return State.OK
    if used > limit or (before is State.EXCEEDED and used * 100 >= limit * CLEARED_PERCENT):
        return State.EXCEEDED
    reached = used * 100 >= limit * warn_percent
    lasting = before is not State.OK and used * 10_000 >= limit * warn_percent * CLEARED_PERCENT
    return State.WARNED if reached or lasting else State.OK


def share(used: int, limit: int) -> float:
    """Of the limit; of a limit of 0, use is all there can be."""
    if limit:
        return used / limit
    return 1.0 if used else 0.0


def levels(state: State) -> frozenset[State]:
    """The violations that are open in a state: what is exceeded is also beyond its warning."""
    return {
        State.OK: frozenset[State](),
        State.WARNED: frozenset({State.WARNED}),
        State.EXCEEDED: frozenset({State.WARNED, State.EXCEEDED}),
    }[state]


def amount(measure: Measure, number: int) -> str:
    """For people: `1.5 GB`, `1,200`."""
    if measure in (Measure.BYTES, Measure.EGRESS):
        return format_bytes(number)
    return format_count(number)


def subject(owner: str, bucket: str) -> str:
    """Whose quota it is: `ann`, `all of photos`, `ann in photos`."""
    if owner and bucket:
        return f"{owner} in {bucket}"
    return owner or f"all of {bucket}"


def in_words(quota: Quota, used: int, limit: int) -> str:
    """For example `ann uses 9 GB of 10 GB stored`."""
    of_month = " this month" if quota.measure in MONTHLY else ""
    return (
        f"{subject(quota.owner, quota.bucket)} uses {amount(quota.measure, used)} "
        f"of {amount(quota.measure, limit)} {_NOUNS[quota.measure]}{of_month}"
    )
