"""What the inventory does: starts, runs and shows scans, keeps and reads snapshots."""

from storekeeper.inventory.service.inventory import InventoryService

__all__ = ["InventoryService"]
