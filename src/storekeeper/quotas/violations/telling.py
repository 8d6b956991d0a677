"""Opens and closes violations, and has receivers told of each, in the transaction that does it."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from storekeeper.infra.db import Connection
from storekeeper.notifications import Message, NotificationService
from storekeeper.quotas.model import Violation
from storekeeper.quotas.violations import repository


class Violations:
    """Every violation is told of once when it opens, and once when it closes."""

    def __init__(self, notifications: NotificationService) -> None:
        self._notifications = notifications

    def open(self, connection: Connection, opened: Sequence[Violation]) -> None:
        """Raises sqlalchemy's IntegrityError where one of a quota and level is open."""
        repository.insert(connection, opened)
        for one in opened:
            self._tell(connection, one, "opened", one.opened_at)

    def close(self, connection: Connection, ids: Collection[str], at: datetime, why: str) -> None:
        self._close(connection, repository.still_open(connection, ids=ids), at, why)

    def close_of(self, connection: Connection, quota_ids: Collection[str], at: datetime, why: str) -> None:
        """All that are open of these quotas."""
        self._close(connection, repository.still_open(connection, quota_ids=quota_ids), at, why)

    def _close(self, connection: Connection, found: Sequence[Violation], at: datetime, why: str) -> None:
        repository.close(connection, [one.id for one in found], at, why)
        for one in found:
            self._tell(connection, msgspec.structs.replace(one, closed_at=at, closed_by=why), "closed", at)

    def _tell(self, connection: Connection, one: Violation, transition: str, at: datetime) -> None:
        message = Message(
            subject=one.id,
            transition=transition,
            event=f"quota.violation.{transition}",
            at=at,
            data=msgspec.to_builtins(one),
        )
        self._notifications.tell(connection, message)
