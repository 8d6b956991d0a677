"""`demo`: a real S3 server with real files on this machine, and Storekeeper watching it."""

from storekeeper.cli.local.demo.command import run

__all__ = ["run"]
