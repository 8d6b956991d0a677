"""The same world as that of the scenarios of health."""

import importlib.util
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).parents[2] / "scenario" / "health" / "conftest.py"
_spec = importlib.util.spec_from_file_location("health_scenarios", SCENARIOS)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

World, world = _module.World, _module.world


@pytest.fixture
def make_world():
    """`make_world(folder, clock)`; the caller closes it."""
    return World
