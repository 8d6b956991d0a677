"""Faults of the demo's S3 endpoint, on demand and by a script."""

from storekeeper.cli.local.demo.outage.command import fault
from storekeeper.cli.local.demo.outage.model import Outage
from storekeeper.cli.local.demo.outage.process import outage
from storekeeper.cli.local.demo.outage.script import playing

__all__ = ["Outage", "fault", "outage", "playing"]
