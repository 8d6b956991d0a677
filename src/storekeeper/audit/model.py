"""Nouns of the audit log."""

from collections.abc import Mapping
from datetime import datetime

import msgspec


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One change. Values in `details` are integers and strings, never secrets."""

    id: str
    time: datetime
    actor: str  # an email address, "key:<id>", or "system"
    action: str  # noun.verb, for example bucket.create
    target: str  # what was changed, by name
    details: Mapping[str, str | int]


class AuditPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Newest first."""

    items: list[AuditRecord]
    next_cursor: str | None
