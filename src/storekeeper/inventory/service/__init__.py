"""What the inventory does: starts, runs and shows scans, keeps and reads snapshots."""

from storekeeper.inventory.service.inventory import InventoryService
from storekeeper.inventory.service.snapshot import Snapshot

__all__ = ["InventoryService", "Snapshot"]
