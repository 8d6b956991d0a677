"""Pure decisions about other vantage points: their names, which rounds they are to make, which they may report."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import NamedTuple

from storekeeper.health.rules import schedule
from storekeeper.health.vantage.tickets import Ticket
from storekeeper.prober.model import ReportedRound

AHEAD = timedelta(minutes=5)
MOST_PLANNED = 2000  # rounds in one plan: each is signed several times
OLDEST = timedelta(hours=1)
EARLIEST = timedelta(seconds=30)  # by which clocks may run apart within a plan's time
_LONGEST_NAME = 40


class Watched(NamedTuple):
    """A bucket that is to be checked every `interval`."""

    bucket_id: str
    interval: timedelta


class Moment(NamedTuple):
    """When a round of a bucket is due."""

    at: datetime
    bucket_id: str


class Horizon(NamedTuple):
    """All rounds up to a moment."""

    until: datetime
    moments: list[Moment]


def node_of(key_id: str, name: str) -> str:
    """The vantage point's part in the names of its probe objects, such as `fra-1-9f3a2b10`."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:_LONGEST_NAME]
    return f"{plain}-{key_id[-8:]}".strip("-")


def asked_after(after: datetime | None, *, is_current: bool, now: datetime) -> datetime:
    """From when on rounds are wanted: where the plan that is known ends, if it can be relied on."""
    if after is None or not is_current or abs(after - now) > AHEAD:
        return now
    return max(after, now)


def ahead(watched: Iterable[Watched], vantage_id: str, after: datetime, now: datetime) -> Horizon:
    """The rounds after a moment, in order of time, at most five minutes ahead, and not more than can be signed at once.

    Each vantage point has its own place in a bucket's interval.
    """
    until = now + AHEAD
    found = sorted(
        moment for bucket in watched for moment in _moments(bucket, vantage_id, after, until)
    )  # fmt: skip
    if len(found) <= MOST_PLANNED:
        return Horizon(until, found)
    return Horizon(found[MOST_PLANNED - 1].at, found[:MOST_PLANNED])


def refusal(ticket: Ticket | None, told: ReportedRound, vantage_id: str, now: datetime) -> str:
    """Why a round is not taken; empty when it is."""
    if ticket is None:
        return "This server did not plan that round."
    if ticket.vantage != vantage_id:
        return "The round was planned for another vantage point."
    begun = begun_at(ticket, told)
    if begun > now + EARLIEST:
        return "The round is not due yet."
    if begun < now - OLDEST:
        return "The round is too old."
    checked = [one.operation for one in told.checks]
    if checked != [one for one in ticket.operations if one in checked]:
        return "Its checks are not those that were planned."
    return ""


def begun_at(ticket: Ticket, told: ReportedRound) -> datetime:
    """By our clock: the planned moment, and how much later it was."""
    return datetime.fromtimestamp(ticket.at / 1000, UTC) + timedelta(milliseconds=told.late_ms)


def _moments(bucket: Watched, vantage_id: str, after: datetime, until: datetime) -> Iterable[Moment]:
    first = schedule.first_due(f"{bucket.bucket_id}.{vantage_id}", bucket.interval, after, after)
    all_of_them = (
        Moment(first + number * bucket.interval, bucket.bucket_id) for number in range(MOST_PLANNED)
    )
    return islice(takewhile(lambda moment: moment.at <= until, all_of_them), MOST_PLANNED)
