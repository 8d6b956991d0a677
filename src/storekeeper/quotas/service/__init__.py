"""The shell around the rules of quotas."""

from storekeeper.quotas.service.quotas import QuotaService

__all__ = ["QuotaService"]
