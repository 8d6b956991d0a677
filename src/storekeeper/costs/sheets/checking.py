"""What a price sheet must fulfill beyond the types of its fields. Each finding is a path into the file and what is wrong there."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from storekeeper.costs.model import ALL_OPERATIONS, Sheet, StorageClass, Tier
from storekeeper.costs.sheets.lines import Path

Finding = tuple[Path, str]


def findings(sheet: Sheet) -> Iterator[Finding]:
    """Everything that is wrong with it."""
    yield from _dates(sheet)
    yield from _operations(sheet)
    yield from _references(sheet)
    for at, storage_class in enumerate(sheet.storage_class):
        yield from _storage_class(storage_class, ("storage_class", at), sheet)
    if sheet.egress is not None:
        yield from _tiers(sheet.egress.tier, ("egress", "tier"))
        if not sheet.egress.tier:
            yield ("egress",), "has no tier: write one with a price, or with unknown = true"


def _dates(sheet: Sheet) -> Iterator[Finding]:
    begin, end = sheet.effective_from, sheet.effective_until
    if begin and end and end <= begin:
        yield ("effective_until",), f"{end} is not after effective_from, {begin}"


def _operations(sheet: Sheet) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for at, one in enumerate(sheet.operation_class):
        for index, operation in enumerate(one.operations):
            path = ("operation_class", at, "operations", index)
            if not (operation == ALL_OPERATIONS or (operation.isalnum() and operation[0].isupper())):
                yield path, f"{operation!r} is not the name of an S3 operation, such as GetObject"
            if operation in seen:
                yield path, f"{operation} is in class {seen[operation]} and again in class {one.name}"
            seen.setdefault(operation, one.name)
    yield from _repeated((one.name for one in sheet.operation_class), "operation_class")


def _references(sheet: Sheet) -> Iterator[Finding]:
    names = [one.name for one in sheet.storage_class]
    yield from _repeated(names, "storage_class")
    if sheet.default_storage_class not in names:
        yield ("default_storage_class",), f"there is no storage class {sheet.default_storage_class!r}"
    elif sheet.storage.minimum and not _tiers_of(sheet, sheet.default_storage_class):
        yield ("storage", "minimum"), "the default storage class has no price for it"
    priced = {name for one in sheet.operation_class if not one.free for name in one.operations}
    for index, operation in enumerate(sheet.class_blind):
        if operation not in priced:
            yield ("class_blind", index), f"{operation} is in no operation class that has a price"


def _storage_class(one: StorageClass, path: Path, sheet: Sheet) -> Iterator[Finding]:
    yield from _tiers(one.tier, (*path, "tier"))
    known = {operations.name: operations.free for operations in sheet.operation_class}
    for at, price in enumerate(one.requests):
        name, where = price.operation_class, (*path, "requests", at, "class")
        if name not in known:
            yield where, f"there is no operation class {name!r}"
        elif known[name]:
            yield where, f"operation class {name} is free and has no price"
        if name in [other.operation_class for other in one.requests[:at]]:
            yield where, f"operation class {name} has a price already"


def _tiers(tiers: tuple[Tier, ...], path: Path) -> Iterator[Finding]:
    """Each begins where the one before ends, and the last one has no end."""
    for at, tier in enumerate(tiers):
        here = (*path, at)
        if (tier.price is None) != tier.unknown:
            yield here, "a tier has either a price or unknown = true"
        if tier.up_to is not None and tier.up_to <= tier.above:
            yield (*here, "up_to"), "a tier ends above where it begins"
    if tiers and tiers[0].above:
        yield (*path, 0, "above"), f"gap: nothing covers 0 to {tiers[0].above:,} bytes"
    for at, (before, tier) in enumerate(pairwise(tiers), 1):
        yield from _joint(before.up_to, tier.above, (*path, at, "above"))
    if tiers and tiers[-1].up_to is not None:
        where = (*path, len(tiers) - 1, "up_to")
        yield (
            where,
            f"gap: nothing covers what is above {tiers[-1].up_to:,} bytes (the last tier has no up_to)",
        )


def _joint(end: int | None, begin: int, where: Path) -> Iterator[Finding]:
    if end is None or begin < end:
        until = "has no end" if end is None else f"ends at {end:,} bytes"
        yield where, f"overlap: the tier before {until}, this one begins at {begin:,}"
    elif begin > end:
        yield where, f"gap: nothing covers {end:,} to {begin:,} bytes"


def _repeated(names: Iterable[str], array: str) -> Iterator[Finding]:
    counted: Counter[str] = Counter()
    for at, name in enumerate(names):
        counted[name] += 1
        if counted[name] > 1:
            yield (array, at, "name"), f"{name} is there already"


def _tiers_of(sheet: Sheet, name: str) -> bool:
    return any(one.tier for one in sheet.storage_class if one.name == name)
