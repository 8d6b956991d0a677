"""Inventory as in its scenarios."""

from worlds import inventory

world = inventory.world
