"""How long the parts of one request took, for the `Server-Timing` header."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_spent: ContextVar[dict[str, float] | None] = ContextVar("spent", default=None)


def start() -> dict[str, float]:
    """Begin to collect for this context; returns the dict that fills with seconds by part."""
    spent: dict[str, float] = {}
    _spent.set(spent)
    return spent


@contextmanager
def measure(part: str) -> Iterator[None]:
    """Add the time inside to `part`; free of effect outside a request."""
    spent = _spent.get()
    if spent is None:
        yield
        return
    begun = time.perf_counter()
    try:
        yield
    finally:
        spent[part] = spent.get(part, 0.0) + time.perf_counter() - begun


def header(spent: dict[str, float], total: float) -> str:
    """`db;dur=1.2, analytics;dur=3.4, total;dur=6.0` in milliseconds."""
    parts = {"db": spent.get("db", 0.0), "analytics": spent.get("analytics", 0.0), "total": total}
    return ", ".join(f"{name};dur={seconds * 1000:.1f}" for name, seconds in parts.items())
