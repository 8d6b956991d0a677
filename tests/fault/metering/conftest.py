"""The same world as that of the scenarios of keeping, and a server that may be killed."""

import importlib.util
from pathlib import Path

import killable

SCENARIOS = Path(__file__).parents[2] / "scenario" / "keeping" / "conftest.py"
_spec = importlib.util.spec_from_file_location("keeping_scenarios", SCENARIOS)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

make_world, world = _module.make_world, _module.world
server = killable.server
