"""When a schedule may go on by itself, and when it must ask."""

from collections.abc import Sequence
from datetime import datetime

from croniter import croniter

from storekeeper.cleanup.model import Plan, Policy

LARGER = 3  # times
ALWAYS_FINE = 100  # objects


def reason_to_ask(policy: Policy, plan: Plan, before: Sequence[int]) -> str:
    """Why a person must look at a scheduled plan, in words; empty where it may be carried out.

    `before` is how many objects the last plans had that were carried out.
    """
    if not policy.confirmed:
        return "No plan of these rules was confirmed by a person yet."
    if plan.left_objects:
        return f"The plan hits the cap: {plan.left_objects:,} more objects would be chosen."
    most = max(LARGER * max(before, default=0), ALWAYS_FINE)
    if plan.objects > most:
        return f"The plan has {plan.objects:,} objects, more than {LARGER} times as many as the last ones ({max(before, default=0):,})."
    return ""


def is_due(policy: Policy, last: datetime | None, now: datetime) -> bool:
    """Whether the schedule had a moment since the last time, or since the policy was changed."""
    if not policy.cron or not policy.enabled or not policy.confirmed:
        return False
    since = policy.updated_at if last is None else max(last, policy.updated_at)
    upcoming: datetime = croniter(policy.cron, since).get_next(datetime)
    return upcoming <= now
