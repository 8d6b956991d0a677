"""The same server that may be killed as for imports."""

import importlib.util
from pathlib import Path

_place = Path(__file__).parents[1] / "importing" / "conftest.py"
_spec = importlib.util.spec_from_file_location("killable_server", _place)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

server = _module.server
