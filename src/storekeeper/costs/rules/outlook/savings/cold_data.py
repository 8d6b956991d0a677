"""Data that has not changed for long, in a storage class for frequent use: what a class for infrequent use would save, all counted in."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from storekeeper.costs.model import DeletionFact, RequestFact, Small, StorageClass, StorageFact
from storekeeper.costs.model.outlook import Confidence, Saving, SavingKind
from storekeeper.costs.rules.outlook.savings import advice, words
from storekeeper.costs.rules.outlook.savings.account import Account
from storekeeper.costs.rules.outlook.savings.finding import finding
from storekeeper.kernel.units import format_bytes

_MONTHS = 12  # over which what moving costs once is spread
_OF_OURS = ":"  # in names of storage classes that the S3 API does not have
# Not what is meant by "infrequent": they hold data in one place only, or take hours to give it back.
_NOT_OFFERED = frozenset({"ONEZONE_IA", "REDUCED_REDUNDANCY", "GLACIER", "DEEP_ARCHIVE"})
_MOVING = ("LifecycleStorageTierTransition", "CopyObject")


class AgeGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Objects that last changed so many days ago or more, up to where the next group begins, with the small ones among them."""

    at_least_days: int
    objects: int
    bytes: int
    small: tuple[Small, ...] = ()


class ColdData(msgspec.Struct, frozen=True, kw_only=True):
    """All of one storage class of a bucket by age, and what is read and deleted of it in a month; None where that is not known."""

    bucket: str
    storage_class: str
    groups: tuple[AgeGroup, ...]
    bytes_read: int | None
    reads: int | None
    bytes_deleted: int | None


class _Move(NamedTuple):
    """What is old enough and not too small goes to a class: the bill is that much less a month, and moving costs `once`."""

    to: StorageClass
    days: int
    objects: int
    bytes: int
    read: int
    monthly: int
    once: int

    @property
    def amount(self) -> int:
        return self.monthly - self.once // _MONTHS


def find(figures: ColdData, account: Account) -> Saving | None:
    """The move that saves most; nothing when none pays within a year.

    Cold data is taken to be read and deleted at the rate of all the data beside it, which is more than cold data is. Where
    reads are not known the amount is not, either, and the reason tells what it would be without any.
    """
    moves = [move for move in _moves(figures, account) if move.amount > 0]
    if not moves:
        return None
    best = max(moves, key=lambda move: (move.amount, move.days))
    is_known = figures.bytes_read is not None and figures.reads is not None
    return finding(
        SavingKind.COLD_DATA,
        account,
        figures.bucket,
        best.amount if is_known else None,
        sure=Confidence.LOW if figures.bytes_deleted is None else Confidence.MEDIUM,
        why=_why(figures, best, account, is_known=is_known),
        how=advice.move(account.provider, figures.bucket, best.to.name, best.days, best.to.minimum_size),
        figures={
            "days": best.days,
            "objects": best.objects,
            "bytes": best.bytes,
            "bytesRead": best.read,
            "monthly": best.monthly,
            "once": best.once,
        },
    )


def _moves(figures: ColdData, account: Account) -> Iterator[_Move]:
    for storage_class in account.sheet.storage_class:
        name = storage_class.name
        if not storage_class.tier or _OF_OURS in name or name in _NOT_OFFERED:
            continue
        if name == (figures.storage_class or account.sheet.default_storage_class):
            continue
        for group in figures.groups:
            # A younger object would pay for the minimum duration before it is known to be cold.
            if group.at_least_days >= max(storage_class.minimum_days, 30):
                move = _move(figures, account, storage_class, group.at_least_days)
                if move:
                    yield move


def _move(figures: ColdData, account: Account, to: StorageClass, days: int) -> _Move | None:
    moved = [_without_small(one, to.minimum_size) for one in figures.groups if one.at_least_days >= days]
    objects, size = sum(one.objects for one in moved), sum(one.bytes for one in moved)
    every = sum(one.bytes for one in figures.groups)
    if not objects or not size:
        return None
    read = (figures.bytes_read or 0) * size // every
    reads = (figures.reads or 0) * size // every
    monthly = account.less(
        [_held(figures, account, figures.storage_class, objects, size), _reading(figures, account, figures.storage_class, read, reads)],
        [_held(figures, account, to.name, objects, size, to.minimum_size), _reading(figures, account, to.name, read, reads)],
    )  # fmt: skip
    once = _once(figures, account, to, objects, (figures.bytes_deleted or 0) * size // every)
    if monthly is None or once is None:
        return None
    return _Move(to, days, objects, size, read, monthly, once)


def _without_small(group: AgeGroup, floor: int) -> AgeGroup:
    """Objects below the floor stay where they are."""
    small = next((one for one in group.small if one.below == floor), None)
    if small is None:
        return group
    return AgeGroup(
        at_least_days=group.at_least_days,
        objects=max(group.objects - small.objects, 0),
        bytes=max(group.bytes - small.bytes, 0),
    )


def _held(
    figures: ColdData, account: Account, storage_class: str, objects: int, size: int, floor: int = 0
) -> StorageFact:
    none_small = [Small(floor, 0, 0)] if floor else []
    return account.held(figures.bucket, storage_class, size, objects, none_small)


def _reading(figures: ColdData, account: Account, storage_class: str, read: int, reads: int) -> RequestFact:
    return RequestFact(
        day=account.month,
        bucket=figures.bucket,
        storage_class=storage_class,
        operation="GetObject",
        succeeded=reads,
        bytes_retrieved=read,
    )


def _once(figures: ColdData, account: Account, to: StorageClass, objects: int, deleted: int) -> int | None:
    """A request for each object, and what is deleted within the minimum duration: on average when half of it is over."""
    operation = next((one for one in _MOVING if account.tariff.operation_class(one)), _MOVING[-1])
    moving = RequestFact(
        day=account.month,
        bucket=figures.bucket,
        storage_class=to.name,
        operation=operation,
        succeeded=objects,
    )
    too_early = DeletionFact(
        day=account.month,
        bucket=figures.bucket,
        storage_class=to.name,
        age_days=to.minimum_days // 2,
        bytes=deleted * to.minimum_days // 30,
    )
    less = account.less([], [moving, too_early])
    return None if less is None else max(-less, 0)


def _why(figures: ColdData, move: _Move, account: Account, *, is_known: bool) -> str:
    currency = account.currency
    size = format_bytes(move.bytes)
    read = (
        f"with {format_bytes(move.read)} read of it a month"
        if is_known
        else "if none of it is read (how much is, is not known)"
    )
    there, here = move.to.title, words.class_title(account, figures.storage_class)
    less, once, left = (words.money(one, currency) for one in (move.monthly, move.once, move.amount))
    parts = [
        f"{size} in {move.objects:,} objects have not changed for {move.days} days.",
        f"In {there} in place of {here} the month's bill would be {less} less, {read}.",
        f"Moving costs {once} once, which is spread over {_MONTHS} months: {left} a month are left.",
        *_limits(move.to, figures),
    ]
    return " ".join(parts)


def _limits(to: StorageClass, figures: ColdData) -> Sequence[str]:
    said = []
    if to.minimum_days:
        counted = "is counted in" if figures.bytes_deleted is not None else "is not known and not counted in"
        said.append(
            f"What is deleted within {to.minimum_days} days of moving is paid for to their end; this {counted}."
        )
    if to.minimum_size:
        said.append(f"Objects below {to.minimum_size:,} bytes stay where they are.")
    return said
