"""Who changed what, when: appended in the transaction of the change, never altered."""

from storekeeper.audit.api import ROUTES
from storekeeper.audit.model import AuditRecord
from storekeeper.audit.service import AuditTrail

__all__ = ["ROUTES", "AuditRecord", "AuditTrail"]
