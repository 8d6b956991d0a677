"""What many routes take in the same form: time ranges, and forms of pages."""

from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from storekeeper.kernel.errors import BadInputError
from storekeeper.kernel.units import parse_duration

T = TypeVar("T")
MAX_SPAN = timedelta(days=366)


def span_of(text: str) -> timedelta:
    """A time range such as `24h` or `30d`, from a minute to 366 days. Raises BadInputError."""
    try:
        span = timedelta(seconds=parse_duration(text))
    except (ValueError, OverflowError):
        span = timedelta(0)
    if not timedelta(minutes=1) <= span <= MAX_SPAN:
        raise BadInputError(
            f"{text!r} is not a time range.", hint="Write for example 24h, 7d or 30d; at most 366d."
        )
    return span


def checked(kind: type[T], **given: Any) -> T:
    """A struct of what a form holds, by its names in JSON. Raises BadInputError that names the field."""
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise BadInputError(str(error)) from None
