"""JSON routes of health: checks and what they add up to, breakers, settings."""

from storekeeper.health.api import breakers, checks, monitoring

ROUTES = [*checks.ROUTES, *monitoring.ROUTES, *breakers.ROUTES]
