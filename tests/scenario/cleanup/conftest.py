"""Clean-up, by a clock that is turned by hand; runs are executed in the test's own thread."""

import pytest

from callers import calling
from storekeeper import cleanup
from worlds import cleanup as scenarios

world = scenarios.world


@pytest.fixture
def client(world):
    """An administrator's program or browser, by the `Accept` header."""
    services = {"buckets": world.buckets, "cleanup": world.cleanup}
    with calling(cleanup.ROUTES, clock=world.clock, **services) as client:
        yield client
