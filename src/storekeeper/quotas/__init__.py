"""How much an owner may store and do, how much that is, and whether one more write is allowed.

`QuotaService` is what others speak to; nouns are in `model`.

    page, of_owner, storage   quotas with what they use
    add, edit, remove, …      each with a reason, in the audit log
    leasing                   may this owner write so many bytes?
    violations                who is over
    refresh                   the job; between its runs leases stand for what is written
"""

from storekeeper.quotas.api import ROUTES as API_ROUTES
from storekeeper.quotas.jobs import jobs
from storekeeper.quotas.pages import ROUTES as PAGE_ROUTES
from storekeeper.quotas.service import QuotaService

ROUTES = [*API_ROUTES, *PAGE_ROUTES]

__all__ = ["ROUTES", "QuotaService", "jobs"]
