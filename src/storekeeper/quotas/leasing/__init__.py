"""May this owner write? Answered with a lease: bytes that count as used until it is told what became of them."""

from storekeeper.quotas.leasing.service import Leasing

__all__ = ["Leasing"]
