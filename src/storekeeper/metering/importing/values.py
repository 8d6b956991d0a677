"""Fields of records as the values that an operation has. Each raises MalformedError with the field's name first."""

import re
from datetime import UTC, datetime
from typing import Any

from storekeeper.metering.importing.model import MalformedError

LARGEST = 2**63 - 1
_FIRST_MILLISECONDS = 100_000_000_000  # as seconds that is the year 5138
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9:._-]+")
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,12})?")
_TOO_FAR = 253_402_300_800_000  # milliseconds of the year 10000


def instant(value: Any, field: str = "time") -> int:
    """Milliseconds since 1970 from RFC 3339, from milliseconds, or from seconds."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, datetime):
        moment: float = (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp() * 1000
    elif isinstance(value, int | float) and not isinstance(value, bool):
        moment = value if abs(value) >= _FIRST_MILLISECONDS else value * 1000
    else:
        moment = _from_text(value, field)
    if not abs(moment) < _TOO_FAR:
        raise MalformedError(f"{field}: out of range")
    return int(moment)


def _from_text(value: Any, field: str) -> float:
    try:
        parsed = datetime.fromisoformat(value)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() * 1000
    except (ValueError, TypeError, OverflowError):
        raise MalformedError(f"{field}: neither RFC 3339 nor seconds or milliseconds since 1970") from None


def whole(value: Any, field: str) -> int:
    """A count of 0 to 2^63 - 1; missing is 0."""
    if value in (None, "", "-"):
        return 0
    if isinstance(value, bool):
        raise MalformedError(f"{field}: not a whole number")
    try:
        number = int(value)
    except (ValueError, TypeError, OverflowError):
        raise MalformedError(f"{field}: not a whole number") from None
    if not 0 <= number <= LARGEST:
        raise MalformedError(f"{field}: negative or too large")
    return number


def status_code(value: Any) -> int:
    """An HTTP status, 100 to 599."""
    status = whole(value, "status")
    if not 100 <= status <= 599:
        raise MalformedError("status: missing or not between 100 and 599")
    return status


def decimal(value: Any, field: str, default: float) -> float:
    if value in (None, "", "-"):
        return default
    try:
        return float(value)
    except (ValueError, TypeError, OverflowError):
        raise MalformedError(f"{field}: not a number") from None


def text(value: Any) -> str:
    """As text that can be stored; missing is empty."""
    if value is None:
        return ""
    found = value if isinstance(value, str) else str(value)
    return found if found.isascii() else found.encode("utf-8", "replace").decode()


def api_name(value: Any) -> str:
    """An operation's name with only the signs that such names have, so that an unknown one stays recognizable."""
    name = _NOT_IN_A_NAME.sub("-", text(value).strip())[:64]
    if not name:
        raise MalformedError("operation: missing")
    return name
