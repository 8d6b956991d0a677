"""What documents of reported sums have in common."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from storekeeper.metering.importing.model import MalformedError, Reported
from storekeeper.metering.importing.values import LARGEST, instant
from storekeeper.metering.model import BodyError

T = TypeVar("T")
_SUMS = ("requests", "errors", "bytes_in", "bytes_out")
_PEAKS = ("objects", "bytes")


def decoded(document: bytes, kind: type[T], what: str) -> T:
    """Raises BodyError for what is not that."""
    try:
        return msgspec.json.decode(document.removeprefix(b"\xef\xbb\xbf"), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BodyError(f"The document is not {what}: {error}") from None


def window(value: Any) -> datetime:
    """The start of a window, to the second. Raises BodyError."""
    try:
        moment = datetime.fromtimestamp(instant(value) // 1000, UTC)
    except (MalformedError, OverflowError, ValueError, OSError) as error:
        raise BodyError(f"The document has a window without a time: {error}") from None
    if not 1970 <= moment.year < 2100:
        raise BodyError(f"The document has a window in the year {moment.year}.")
    return moment


def figure(value: Any) -> float | None:
    """A sum; None where there is none. Raises BodyError."""
    if value is None:
        return None
    try:
        number = float(value)
    except (ValueError, TypeError, OverflowError):
        raise BodyError(f"The document has {str(value)[:40]!r} where a number is expected.") from None
    if not 0 <= number <= LARGEST:
        raise BodyError("The document has a sum that is negative or too large.")
    return number


def merged(rows: Iterable[Reported]) -> Sequence[Reported]:
    """One row for each key: sums are added, of what is stored the most is kept."""
    found: dict[tuple[Any, ...], Reported] = {}
    for row in rows:
        key = (row.bucket, row.time, row.resolution, row.operation, row.status, row.detail, row.is_total)
        before = found.get(key)
        found[key] = msgspec.structs.replace(row, **_together(before, row)) if before else row
    return list(found.values())


def _together(left: Reported, right: Reported) -> Mapping[str, float | None]:
    values: dict[str, float | None] = {}
    for name in (*_SUMS, *_PEAKS):
        both = [value for value in (getattr(left, name), getattr(right, name)) if value is not None]
        values[name] = (sum(both) if name in _SUMS else max(both)) if both else None
    return values
