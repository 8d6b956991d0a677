"""Inventory; runs are executed in the test's own thread."""

import pytest

from callers import calling
from storekeeper import inventory
from worlds import inventory as scenarios

world = scenarios.world


@pytest.fixture
def client(world):
    """An administrator's program or browser, by the `Accept` header."""
    with calling(
        inventory.ROUTES,
        clock=world.clock,
        buckets=world.buckets,
        inventory=world.inventory,
        stopping=world.stopping,
    ) as client:
        yield client
