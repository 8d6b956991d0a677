"""`demo`: a real S3 server with real files on this machine, and Storekeeper watching it."""

from storekeeper.cli.local.demo.command import run
from storekeeper.cli.local.demo.outage import fault

__all__ = ["fault", "run"]
