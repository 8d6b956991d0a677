"""Other machines look, too: they get rounds of requests that are signed ahead, and report what they found.

A ticket goes with each round and comes back with what it found: whose it is, of which bucket and moment. The server
remembers no rounds; it knows its own tickets again.
"""

from storekeeper.health.vantage.api import ROUTES
from storekeeper.health.vantage.service import VantageService

__all__ = ["ROUTES", "VantageService"]
