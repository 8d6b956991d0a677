"""Loads facts, asks the rules, deletes, writes down."""

from storekeeper.cleanup.service.cleanup import CleanupService

__all__ = ["CleanupService"]
