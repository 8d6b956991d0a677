"""JSON route of the audit log."""

from datetime import datetime
from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from storekeeper.audit.model import AuditPage
from storekeeper.audit.service import AuditTrail
from storekeeper.infra.web import Access, get


@get("/api/audit-logs", access=Access.ADMIN, tags=["Audit"], summary="Search the audit log")
def list_audit_records(
    audit: NamedDependency[AuditTrail],
    since: Annotated[datetime | None, QueryParameter(name="from")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to")] = None,
    action_type: Annotated[str, QueryParameter(name="actionType")] = "",
    actor: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
    limit: FromQuery[int] = 100,
) -> AuditPage:
    """Newest first."""
    return audit.page(action=action_type, actor=actor, since=since, until=until, cursor=cursor, limit=limit)


ROUTES = [list_audit_records]
