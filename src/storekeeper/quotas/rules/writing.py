"""Whether a write may be made, and how much is leased to a guard that asks for it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from storekeeper.kernel.units import format_bytes
from storekeeper.quotas.model import Decision, Measure, Quota
from storekeeper.quotas.rules import standing

LEASE_BYTES = 64 << 20  # the most that one guard holds
LEASE_WRITES = 1000
# Of what is left, one part is leased: 16 guards get something before the first must come back.
LEASE_SHARE = 16
VALID_SECONDS = 30.0
RETRY_SECONDS = 5.0


class Limited(NamedTuple):
    """A quota that applies to a write, as it stands: `used` has everything that counts, `leased` is the part in leases."""

    quota: Quota
    limit: int
    used: int
    leased: int


class Verdict(NamedTuple):
    """What follows. Remains are those of hard limits; None is without limit."""

    decision: Decision
    reason: str
    remaining_bytes: int | None
    remaining_writes: int | None


class Grant(NamedTuple):
    bytes: int | None
    writes: int | None


def applies(quota: Quota, owner: str, bucket: str) -> bool:
    """Whether a write by that owner into that bucket counts against a quota. Reading out is no write."""
    if quota.measure is Measure.EGRESS:
        return False
    return quota.owner in ("", owner) and quota.bucket in ("", bucket) and bool(quota.owner or quota.bucket)


def counted(used: int, windows: Iterable[tuple[int, int]]) -> int:
    """Use with what was leased and is not measured yet. A window has (what was leased in it, what was measured in it).

    What is leased is measured bit by bit, so each window alone tells the least that is missing in `used`. A short one
    does so where others write without asking; one as long as the snapshot is old, where nobody reports operations.
    """
    return used + max((0, *(leased - measured for leased, measured in windows)))


def decide(limits: Sequence[Limited], size: int) -> Verdict:
    """Over a write of one object of so many bytes. The first hard limit that it would pass denies it."""
    hard = [one for one in limits if one.quota.hard]
    remaining_bytes = _least(one for one in hard if one.quota.measure is Measure.BYTES)
    remaining_writes = _least(one for one in hard if one.quota.measure is not Measure.BYTES)
    for one in hard:
        if one.used + _weight(one.quota, size) > one.limit:
            return Verdict(Decision.DENY, _refusal(one, size), remaining_bytes, remaining_writes)
    for one in limits:
        after = one.used + _weight(one.quota, size)
        if after > one.limit or after * 100 >= one.limit * one.quota.warn_percent:
            words = f"{standing.in_words(one.quota, one.used, one.limit)}."
            return Verdict(Decision.WARN, words, remaining_bytes, remaining_writes)
    words = "Within every quota." if limits else "No quota applies."
    return Verdict(Decision.ALLOW, words, remaining_bytes, remaining_writes)


def grant(verdict: Verdict, size: int) -> Grant:
    """What is leased for a write of so many bytes that was not denied: that write at least, never more than remains.

    Near the limit leases get small, so that many guards share the rest.
    """
    return Grant(
        _portion(verdict.remaining_bytes, size, LEASE_BYTES),
        _portion(verdict.remaining_writes, 1, LEASE_WRITES),
    )


def _portion(remaining: int | None, wanted: int, most: int) -> int | None:
    if remaining is None:
        return None
    return min(max(wanted, min(most, remaining // LEASE_SHARE)), remaining)


def _least(limits: Iterable[Limited]) -> int | None:
    return min((max(0, one.limit - one.used) for one in limits), default=None)


def _weight(quota: Quota, size: int) -> int:
    return size if quota.measure is Measure.BYTES else 1


def _refusal(one: Limited, size: int) -> str:
    wanted = f"{format_bytes(size)} more" if one.quota.measure is Measure.BYTES else "one more"
    words = f"{standing.in_words(one.quota, one.used, one.limit)}; {wanted} would be over it."
    if one.leased:
        leased = standing.amount(one.quota.measure, one.leased)
        words += f" {leased} of it is leased to writers or not measured yet."
    return words
