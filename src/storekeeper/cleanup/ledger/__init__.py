"""The objects of one plan and what became of each: a file of its own, durable at every step, read page by page."""

from storekeeper.cleanup.ledger.repository import Entry, Ledger, Settled, Step

__all__ = ["Entry", "Ledger", "Settled", "Step"]
