"""Health, by a clock that is turned by hand."""

from worlds import health

world = health.world
