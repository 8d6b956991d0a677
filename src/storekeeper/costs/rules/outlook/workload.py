"""A workload made ready to be priced elsewhere: completed to a whole month, summed up, and put into another storage class."""

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TypeVar

import msgspec

from storekeeper.costs.model import AccountFacts, DeletionFact, RequestFact, Sheet, Small, StorageFact

_WEEK = 7
COMPLETED = "the rest of the month is taken to be like the last known week, and as full as the last known day"
_Same = tuple[date, *tuple[object, ...]]  # the day, and what else facts have in common that are added up
_Fact = TypeVar("_Fact", StorageFact, RequestFact, DeletionFact)


def whole_month(facts: AccountFacts, through: date) -> AccountFacts:
    """The month to date, completed: `through` is the last day that is known whole, and what is after it is left out.

    Each day to come stores what that last day did, and asks and deletes what the last of the known days did which lies a whole
    number of weeks before it (of days, while less than a week is known). Raises ValueError for a day outside of the month.
    """
    if (through.year, through.month) != (facts.month.year, facts.month.month):
        raise ValueError(f"{through} is not in the month of {facts.month}")
    length = calendar.monthrange(through.year, through.month)[1]
    days_to_come = [through + timedelta(number) for number in range(1, length - through.day + 1)]
    storage = [fact for fact in facts.storage if fact.day <= through]
    last = max((fact.day for fact in storage), default=through)
    full = [fact for fact in storage if fact.day == last]
    return AccountFacts(
        month=facts.month,
        storage=[*storage, *(_on(fact, day) for day in days_to_come for fact in full)],
        requests=_repeated(facts.requests, through, days_to_come),
        deletions=_repeated(facts.deletions, through, days_to_come),
    )


def summed(facts: AccountFacts) -> AccountFacts:
    """The same without buckets: fewer facts, and the same price, because all meters are those of the account."""
    return _together(facts, {})


def at_once(facts: AccountFacts, sheets: Iterable[Sheet]) -> AccountFacts:
    """The same as few long days, one for each part of the month in which the same of these sheets hold; at the same price."""
    edges = {edge for sheet in sheets for edge in (sheet.effective_from, sheet.effective_until) if edge}
    parts: dict[int, list[date]] = defaultdict(list)
    for day in sorted({fact.day for fact in (*facts.storage, *facts.requests, *facts.deletions)}):
        parts[sum(edge <= day for edge in edges)].append(day)
    return _together(facts, {day: of_part[-1] for of_part in parts.values() for day in of_part})


def _together(facts: AccountFacts, days: Mapping[date, date]) -> AccountFacts:
    """Facts that differ in nothing but quantities and buckets are one; `days` tells what day others count as."""
    storage: dict[_Same, list[StorageFact]] = defaultdict(list)
    requests: dict[_Same, list[RequestFact]] = defaultdict(list)
    deletions: dict[_Same, list[DeletionFact]] = defaultdict(list)
    stored_on: dict[date, dict[date, int]] = defaultdict(dict)
    for stored in facts.storage:
        day = days.get(stored.day, stored.day)
        storage[day, stored.storage_class, stored.provenance, stored.estimated].append(stored)
        stored_on[day][stored.day] = stored.days
    for asked in facts.requests:
        day = days.get(asked.day, asked.day)
        requests[day, asked.storage_class, asked.operation, asked.provenance, asked.estimated].append(asked)
    for gone in facts.deletions:
        day = days.get(gone.day, gone.day)
        deletions[day, gone.storage_class, gone.age_days, gone.provenance, gone.estimated].append(gone)
    return AccountFacts(
        month=facts.month,
        storage=[_stored(group, day, sum(stored_on[day].values())) for (day, *_), group in storage.items()],
        requests=[_asked(group, day) for (day, *_), group in requests.items()],
        deletions=[_gone(group, day) for (day, *_), group in deletions.items()],
    )


def in_class(facts: AccountFacts, storage_class: str) -> AccountFacts:
    """The workload with all of it in one storage class. What was sent out has been read there, even if it needs not be paid now."""
    return summed(
        AccountFacts(
            month=facts.month,
            storage=[msgspec.structs.replace(fact, storage_class=storage_class) for fact in facts.storage],
            requests=[
                msgspec.structs.replace(
                    fact,
                    storage_class=storage_class,
                    bytes_retrieved=_read(fact),
                )
                for fact in facts.requests
            ],
            deletions=[
                msgspec.structs.replace(fact, storage_class=storage_class) for fact in facts.deletions
            ],
        )
    )


def last_day(facts: AccountFacts) -> list[StorageFact]:
    """What is stored on the last day of which that is known."""
    last = max((fact.day for fact in facts.storage), default=None)
    return [fact for fact in facts.storage if fact.day == last]


def _read(fact: RequestFact) -> int:
    return (
        max(fact.bytes_retrieved, fact.bytes_out) if fact.operation == "GetObject" else fact.bytes_retrieved
    )


def _repeated(facts: Sequence[_Fact], through: date, days_to_come: Sequence[date]) -> list[_Fact]:
    known = [fact for fact in facts if fact.day <= through]
    cycle = min(_WEEK, through.day)
    by_day: dict[date, list[_Fact]] = defaultdict(list)
    for fact in known:
        by_day[fact.day].append(fact)
    for day in days_to_come:
        back = cycle * -(-(day - through).days // cycle)
        known += [_on(fact, day) for fact in by_day.get(day - timedelta(back), ())]
    return known


def _on(fact: _Fact, day: date) -> _Fact:
    return msgspec.structs.replace(fact, day=day, estimated=fact.estimated or COMPLETED)


def _stored(facts: Sequence[StorageFact], day: date, days: int) -> StorageFact:
    return msgspec.structs.replace(
        facts[0],
        day=day,
        days=days,
        bucket="",
        byte_hours=sum(fact.byte_hours for fact in facts),
        peak_bytes=sum(fact.peak_bytes for fact in facts),
        objects=sum(fact.objects for fact in facts),
        small=_small(facts),
    )


def _asked(facts: Sequence[RequestFact], day: date) -> RequestFact:
    return msgspec.structs.replace(
        facts[0],
        day=day,
        bucket="",
        succeeded=sum(fact.succeeded for fact in facts),
        refused=sum(fact.refused for fact in facts),
        client_errors=sum(fact.client_errors for fact in facts),
        server_errors=sum(fact.server_errors for fact in facts),
        bytes_out=sum(fact.bytes_out for fact in facts),
        bytes_retrieved=sum(fact.bytes_retrieved for fact in facts),
    )


def _gone(facts: Sequence[DeletionFact], day: date) -> DeletionFact:
    return msgspec.structs.replace(
        facts[0],
        day=day,
        bucket="",
        bytes=sum(fact.bytes for fact in facts),
        objects=sum(fact.objects for fact in facts),
        small=_small(facts),
    )


def _small(facts: Iterable[StorageFact | DeletionFact]) -> tuple[Small, ...]:
    found: dict[int, Small] = {}
    for small in (small for fact in facts for small in fact.small):
        before = found.get(small.below, Small(small.below, 0, 0))
        found[small.below] = Small(small.below, before.objects + small.objects, before.bytes + small.bytes)
    return tuple(found[below] for below in sorted(found))
