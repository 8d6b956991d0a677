"""Quotas for applications: may this owner write, and who uses how much.

    guard = QuotaGuard("https://storekeeper.example", token, fail="closed")
    if guard.may_write("ann", "photos", len(body)):
        s3.put_object(…)

`Quotas` speaks to the API for people and scripts.
"""

from .allowance import Ruling
from .calls import Quotas
from .guard import QuotaExceededError, QuotaGuard
from .model import Answer, OwnQuotas, Quota, Violation

__all__ = [
    "Answer",
    "OwnQuotas",
    "Quota",
    "QuotaExceededError",
    "QuotaGuard",
    "Quotas",
    "Ruling",
    "Violation",
]
