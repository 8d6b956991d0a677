"""Health as in its scenarios, also by another process's clock."""

import pytest

from worlds import health

world = health.world


@pytest.fixture
def make_world():
    """`make_world(folder, clock)`; the caller closes it."""
    return health.World
