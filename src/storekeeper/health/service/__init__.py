"""Health as it runs: settings, rounds, breakers, records."""

from storekeeper.health.service.health import HealthService
from storekeeper.health.service.journal import Listener
from storekeeper.health.service.keeping import HealthKeeping

__all__ = ["HealthKeeping", "HealthService", "Listener"]
