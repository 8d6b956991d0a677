"""What many routes take and give in the same form: time ranges and forms in, CSV out."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from litestar import Response

from storekeeper.kernel.errors import BadInputError
from storekeeper.kernel.units import parse_duration

T = TypeVar("T")
MAX_SPAN = timedelta(days=366)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"-\d+(\.\d+)?", re.ASCII)


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


def csv_of(rows: Sequence[msgspec.Struct], filename: str) -> Response[Any]:
    """Structs as CSV with a header line; empty without rows."""
    records = [msgspec.to_builtins(row) for row in rows]
    text = io.StringIO()
    if records:
        writer = csv.DictWriter(text, records[0].keys())
        writer.writeheader()
        writer.writerows(_harmless(record) for record in records)
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(text.getvalue(), media_type="text/csv", headers=headers)


def _harmless(record: dict[str, Any]) -> dict[str, Any]:
    """Keys of objects are other people's text: a spreadsheet must not take one for a formula."""
    return {
        name: f"'{value}" if isinstance(value, str) and _is_formula(value) else value
        for name, value in record.items()
    }


def _is_formula(text: str) -> bool:
    """A negative number is none."""
    return text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)
