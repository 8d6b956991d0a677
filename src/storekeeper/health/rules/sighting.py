"""What other vantage points told, and how much of it still counts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from storekeeper.health.model import Status, VantageHealth
from storekeeper.health.rules import schedule, status
from storekeeper.health.rules.quorum import View, Voice
from storekeeper.health.rules.status import Judgment, Seen
from storekeeper.health.sightings import FORGOTTEN_AFTER, Sighting, Vantage
from storekeeper_client.breaker.verdict import Verdict


class Glance(NamedTuple):
    """One round of a vantage point."""

    vantage: Vantage
    at: datetime
    seen: Sequence[Seen]
    voice: Voice


def noted(sightings: Sequence[Sighting], glance: Glance, threshold: int) -> Sequence[Sighting]:
    """The sightings after one more round, by name; as they were where a later one is known already."""
    last = next((one for one in sightings if one.vantage.id == glance.vantage.id), None)
    if last and glance.at <= last.checked_at:
        return sightings
    sighting = Sighting(
        vantage=glance.vantage,
        checked_at=glance.at,
        operations=status.note(last.operations if last else (), glance.seen, glance.at, threshold),
        outcome=glance.voice.verdict.outcome,
        failure=glance.voice.verdict.kind,
        slowest=glance.voice.slowest,
    )
    others = [one for one in sightings if one.vantage.id != glance.vantage.id]
    return sorted([*others, sighting], key=lambda one: (one.vantage.name, one.vantage.id))


def is_stale(checked_at: datetime | None, interval: timedelta, now: datetime) -> bool:
    """Whether a check says nothing of the present any more: three intervals are over."""
    return checked_at is None or now >= schedule.stale_at(checked_at, interval)


def is_heard(sighting: Sighting, interval: timedelta, now: datetime) -> bool:
    return not is_stale(sighting.checked_at, interval, now)


def kept(sightings: Sequence[Sighting], now: datetime) -> Sequence[Sighting]:
    """Without those that have been silent for so long that they are not expected back."""
    return [one for one in sightings if now - one.checked_at < FORGOTTEN_AFTER]


def judged(sighting: Sighting, threshold: int, interval: timedelta, now: datetime) -> Judgment:
    if not is_heard(sighting, interval, now):
        return Judgment(Status.UNKNOWN, f"Nothing heard since {sighting.checked_at:%H:%M}.")
    return status.judge(sighting.operations, threshold)


def views(sightings: Sequence[Sighting], threshold: int, interval: timedelta, now: datetime) -> list[View]:
    """How those that were heard lately see the bucket."""
    return [
        View(one.vantage.name, status.judge(one.operations, threshold))
        for one in sightings
        if is_heard(one, interval, now)
    ]


def voices(sightings: Sequence[Sighting], interval: timedelta, now: datetime) -> list[Voice]:
    """What the last rounds of those that were heard lately said."""
    return [
        Voice(Verdict(one.outcome, one.failure), one.slowest)
        for one in sightings
        if is_heard(one, interval, now)
    ]


def shown(sighting: Sighting, threshold: int, interval: timedelta, now: datetime) -> VantageHealth:
    judgment = judged(sighting, threshold, interval, now)
    return VantageHealth(
        name=sighting.vantage.name,
        status=judgment.status,
        reason=judgment.reason,
        checked_at=sighting.checked_at,
    )
