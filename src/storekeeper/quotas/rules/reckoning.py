"""What a quota uses, from what was read; and what that makes of its violations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import replace

from storekeeper.quotas.model import MONTHLY, Measure, Quota, State, Use
from storekeeper.quotas.rules import standing


class Facts(NamedTuple):
    """What was read of a quota's owner and bucket; what there is nothing of is empty."""

    stored: Mapping[str, Any]
    done: Mapping[str, Any]
    held: tuple[int, int] | None  # bytes and objects of the snapshot of a whole bucket, which knows them all
    snapshot_at: datetime | None


class Moves(NamedTuple):
    """What becomes of a quota's violations."""

    opened: frozenset[State]
    closed: frozenset[State]


def month_of(now: datetime) -> datetime:
    """The beginning of its calendar month."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def use_of(quota: Quota, before: Use, facts: Facts, now: datetime) -> Use:
    """How it stands. Sums are weighted and may be broken; they are rounded once, at the end."""
    amounts = _done(quota, facts) if quota.measure in MONTHLY else _stored(quota, facts)
    use = replace(amounts, used=max(0, amounts.held + amounts.added), computed_at=now)
    limit = standing.effective_limit(quota, now)
    state = standing.next_state(before.state, use.used, limit, quota.warn_percent)
    same = state is before.state and before.since is not None
    return replace(use, state=state, since=before.since if same else now)


def moves(known: frozenset[State], state: State) -> Moves:
    """`known` are the levels of the violations that are open."""
    wanted = standing.levels(state)
    return Moves(opened=wanted - known, closed=known - wanted)


def added(stored: Mapping[str, Any]) -> tuple[int, int]:
    """(bytes, objects) that came, less what went, since the snapshot."""
    size, objects = (
        _whole(stored, f"written_{noun}") - _whole(stored, f"removed_{noun}") for noun in ("bytes", "objects")
    )
    return size, objects


def _done(quota: Quota, facts: Facts) -> Use:
    name = "operations" if quota.measure is Measure.OPERATIONS else "egress"
    return Use(held=_whole(facts.done, name), recent=_whole(facts.stored, "recent_objects"))


def _stored(quota: Quota, facts: Facts) -> Use:
    noun = quota.measure.value
    held = _whole(facts.stored, f"held_{noun}")
    if facts.held is not None:
        held = facts.held[0 if quota.measure is Measure.BYTES else 1]
    written = _whole(facts.stored, f"written_{noun}")
    return Use(
        held=held,
        added=written - _whole(facts.stored, f"removed_{noun}"),
        written=written,
        recent=_whole(facts.stored, f"recent_{noun}"),
        snapshot_at=facts.snapshot_at,
    )


def _whole(row: Mapping[str, Any], name: str) -> int:
    amount: float = row.get(name, 0)
    return round(amount)
