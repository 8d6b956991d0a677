"""Appends to and reads from the audit log."""

from collections.abc import Mapping
from datetime import datetime

from storekeeper.audit import repository
from storekeeper.audit.model import AuditPage, AuditRecord
from storekeeper.infra.db import Connection, Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id

MAX_PAGE = 1000
_NOTHING: Mapping[str, str | int] = {}


class AuditTrail:
    """The audit log."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def record(
        self,
        connection: Connection,
        *,
        actor: str,
        action: str,
        target: str,
        details: Mapping[str, str | int] = _NOTHING,
    ) -> None:
        """Append, in the caller's transaction: the change and its record happen together or not at all."""
        now = self._clock.now()
        record = AuditRecord(
            id=new_id(now), time=now, actor=actor, action=action, target=target[:512], details=details
        )
        repository.insert(connection, record)

    def page(
        self,
        *,
        action: str = "",
        actor: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str = "",
        limit: int = 100,
    ) -> AuditPage:
        """At most `limit` records, newest first; `cursor` continues a previous page."""
        limit = max(1, min(limit, MAX_PAGE))
        with self._db.read() as connection:
            found = repository.find(
                connection,
                action=action,
                actor=actor,
                since=since,
                until=until,
                before=cursor,
                limit=limit + 1,
            )
        more = len(found) > limit
        return AuditPage(items=found[:limit], next_cursor=found[limit - 1].id if more else None)
