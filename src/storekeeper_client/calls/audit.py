"""The calls of the API for the audit log."""

from datetime import datetime

from storekeeper_client import model
from storekeeper_client.model import Page

from .caller import Caller


class AuditCalls(Caller):
    """The calls, for `Client`."""

    def audit(
        self,
        *,
        action: str = "",
        actor: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> list[model.AuditRecord]:
        """Newest first."""
        query = {
            "actionType": action,
            "actor": actor,
            "from": _stamp(since),
            "to": _stamp(until),
            "limit": limit,
        }
        return self.call("GET", "/api/audit-logs", Page[model.AuditRecord], **query).items


def _stamp(time: datetime | None) -> str:
    return time.isoformat() if time else ""
