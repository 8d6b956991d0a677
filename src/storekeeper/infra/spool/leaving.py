"""The way out: which bodies leave together."""

import secrets
from typing import Any

from .file import transaction


def begun(connection: Any) -> tuple[int, int, str] | None:
    """The first and last number and the token of the range that is leaving."""
    row: tuple[int, int, str] | None = connection.execute(
        "SELECT first, last, token FROM departure"
    ).fetchone()
    return row


def begin(connection: Any, *, max_items: int, max_bytes: int) -> tuple[int, int, str] | None:
    """Write down the next range, of at least one body; None when there is none."""
    waiting = connection.execute(
        "SELECT seq, items, length(body) FROM batch WHERE body IS NOT NULL ORDER BY seq LIMIT 10000"
    ).fetchall()
    if not waiting:
        return None
    first = last = waiting[0][0]
    items = size = 0
    for seq, count, length in waiting:
        items, size = items + count, size + length
        if last != seq and (items > max_items or size > max_bytes):
            break
        last = seq
    # Numbers alone may come again: from the spool of another node, or one that was lost and begun anew.
    row = (first, last, f"spool-{first}-{last}-{secrets.token_hex(8)}")
    with transaction(connection):
        connection.execute("INSERT INTO departure VALUES (1, ?, ?, ?)", row)
    return row
