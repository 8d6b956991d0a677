"""The same world as that of the scenarios."""

import importlib.util
from pathlib import Path

SCENARIOS = Path(__file__).parents[2] / "scenario" / "inventory" / "conftest.py"
_spec = importlib.util.spec_from_file_location("inventory_scenarios", SCENARIOS)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

world = _module.world
