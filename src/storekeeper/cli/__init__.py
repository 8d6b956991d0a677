"""The command line. Everything here runs on the light install; `local` alone needs the server's part."""

from storekeeper.cli.root import app

__all__ = ["app"]
