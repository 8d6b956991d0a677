"""A proxy before any S3 endpoint that misbehaves on demand, for tests and for showing what happens then.

Requests pass on as they came, the Host header included, so that their signatures stay valid.
"""

from .faults import FOREVER, Faults
from .proxy import FaultyProxy
from .switches import Switch, Switchboard, SwitchedOn

__all__ = ["FOREVER", "Faults", "FaultyProxy", "Switch", "Switchboard", "SwitchedOn"]
