"""Bytes stored: by daily peak or byte-hours, small objects padded, and the rest of a minimum duration after a deletion."""

from collections.abc import Iterator
from datetime import date

from storekeeper.costs.model import (
    Basis,
    DeletionFact,
    Kind,
    Monitoring,
    Period,
    Small,
    StorageClass,
    StorageFact,
)
from storekeeper.costs.rules.contributions import Contribution, Key, contribution, unclassified
from storekeeper.costs.rules.meter import Meter, Step, steps
from storekeeper.costs.rules.periods import allowance_hours, month_hours, period_hours
from storekeeper.costs.rules.tariff import Tariff

_DAY = 24


def stored(tariff: Tariff, fact: StorageFact) -> Iterator[Contribution]:
    """Byte-hours of a day, those of padding, and the object-hours that are monitored."""
    billed, _, assumed = tariff.resolve(fact.storage_class)
    quantity = byte_hours(tariff, fact)
    if not quantity and not fact.objects:
        return
    if billed is None or not billed.tier:
        reason = _unpriced(tariff, fact.storage_class, billed)
        yield unclassified(fact, Basis.BYTE_HOURS, quantity, reason)
        return
    key = Key(Kind.STORAGE, billed.name)
    padding, unsure = _padding(fact, billed.minimum_size)
    yield contribution(fact, key, Basis.BYTE_HOURS, quantity, assumed=assumed + unsure)
    if padding:
        yield contribution(fact, key, Basis.OBJECT_HOURS, padding * _DAY, kind=Kind.PADDING, assumed=assumed)
    if billed.monitoring:
        yield _monitored(fact, billed.name, billed.monitoring, assumed)


def deleted(tariff: Tariff, fact: DeletionFact) -> Iterator[Contribution]:
    """The byte-hours that are billed although the objects are gone: to the end of the minimum duration, on the day they go."""
    billed, _, assumed = tariff.resolve(fact.storage_class)
    if billed is None or not billed.tier:
        short = billed is None or fact.age_days < billed.minimum_days
        if short and fact.bytes:
            reason = f"{_unpriced(tariff, fact.storage_class, billed)}; it may have a minimum duration"
            yield unclassified(fact, Basis.BYTES_DELETED, fact.bytes, reason)
        return
    remaining = billed.minimum_days - fact.age_days
    if remaining > 0:
        padding, unsure = _padding(fact, billed.minimum_size)
        yield contribution(
            fact,
            Key(Kind.STORAGE, billed.name),
            Basis.BYTES_DELETED,
            (fact.bytes + padding) * remaining * _DAY,
            kind=Kind.EARLY_DELETION,
            assumed=assumed + unsure,
        )


def byte_hours(tariff: Tariff, fact: StorageFact) -> int:
    """What counts of a day: its peak for 24 hours, or what was there hour by hour."""
    peak = tariff.sheet.storage.period is Period.DAILY_PEAK_30_DAYS
    return fact.peak_bytes * _DAY if peak else fact.byte_hours


def meter(tariff: Tariff, name: str, day: date) -> Meter:
    """Byte-hours of one storage class over the month of that day."""
    storage, billed = tariff.sheet.storage, tariff.storage_class(name)
    hours = period_hours(storage.period, day)
    # A price for an hour counts a tier's bytes over the whole month, as it does what is free.
    month = allowance_hours(storage.period, day)
    return Meter(
        unit=f"{storage.unit}-{'hour' if storage.period is Period.BYTE_HOURS else 'month'}",
        per=storage.unit.bytes * hours,
        steps=steps(billed.tier, month, tariff.trust(billed.trust, storage.trust)),
        allowance=billed.free_storage * month,
        whole_units=tariff.whole_units,
    )


def minimum_meter(tariff: Tariff, day: date) -> Meter:
    """The byte-hours that are missing to the account's minimum, at the first price of the default storage class."""
    of_class = meter(tariff, tariff.sheet.default_storage_class, day)
    price = of_class.steps[0]
    return of_class._replace(steps=(Step(None, price.price, price.trust),), allowance=0)


def monitoring_meter(tariff: Tariff, name: str, day: date) -> Meter:
    """Object-hours that are monitored, over the hours of the month."""
    billed = tariff.storage_class(name)
    watched = billed.monitoring
    if watched is None:
        raise ValueError(f"{name} is not monitored")
    step = Step(None, watched.price, tariff.trust(watched.trust, billed.trust))
    unit = f"{watched.per:,} objects-month"
    return Meter(unit, watched.per * month_hours(day), (step,), whole_units=tariff.whole_units)


def _monitored(
    fact: StorageFact, name: str, monitoring: Monitoring, assumed: tuple[str, ...]
) -> Contribution:
    small, unsure = _smaller(fact, monitoring.at_least)
    objects = fact.objects - (small.objects if small else 0)
    key = Key(Kind.MONITORING, name)
    return contribution(fact, key, Basis.OBJECT_HOURS, max(objects, 0) * _DAY, assumed=assumed + unsure)


def _padding(fact: StorageFact | DeletionFact, minimum: int) -> tuple[int, tuple[str, ...]]:
    """Bytes by which small objects are billed larger than they are; and what is not known about it."""
    small, unsure = _smaller(fact, minimum)
    return (max(small.objects * minimum - small.bytes, 0) if small else 0), unsure


def _smaller(fact: StorageFact | DeletionFact, size: int) -> tuple[Small | None, tuple[str, ...]]:
    if not size:
        return None, ()
    found = next((small for small in fact.small if small.below == size), None)
    if found or not _is_something(fact):
        return found, ()
    return None, (f"how many objects are smaller than {size:,} bytes is not known; none is taken to be",)


def _unpriced(tariff: Tariff, reported: str, billed: StorageClass | None) -> str:
    if billed is None:
        return f"the price sheet has no storage class {reported or tariff.sheet.default_storage_class}"
    return f"the price sheet knows no storage price of {billed.title}"


def _is_something(fact: StorageFact | DeletionFact) -> bool:
    return bool(fact.objects or (fact.peak_bytes if isinstance(fact, StorageFact) else fact.bytes))
