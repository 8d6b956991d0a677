"""What the settings pages share: errors beside their fields, and tables by the page."""

from typing import Any

from storekeeper.kernel.errors import StorekeeperError

ROWS = 50


def field_errors(error: StorekeeperError, otherwise: str) -> dict[str, str]:
    """Words by field; an error that names no field stands at `otherwise`."""
    named = {fault["key"]: fault["message"] for fault in error.extra.get("errors", [])}
    return named or {otherwise: error.detail or error.title}


def paging(cursor: str, shown: int, following: str | None) -> dict[str, Any] | None:
    """What the pager says and leads to; None when all rows fit on one page."""
    first = int(cursor) if cursor.isdecimal() else 0
    if first == 0 and following is None:
        return None
    previous = {"previous": str(first - ROWS) if first > ROWS else ""} if first else {}
    return {"first": first + 1, "last": first + shown, "next": following} | previous
