"""What reads show follows what is dropped, brought back and counted again, at once."""

from datetime import date, timedelta

import pytest

from storekeeper.metering.keeping.model import Days

pytestmark = pytest.mark.slow
FIRST = date(2026, 11, 1)
ONE_DAY = Days(since=FIRST, until=FIRST)
SPAN = timedelta(days=366)


def shown(world):
    """Single operations, and what the sums say, as anybody reads it."""
    reader = world.metering.reader
    return len(reader.recent(SPAN).value.items), reader.usage(SPAN).value.totals.requests


def test_operations_that_leave_and_come_back(world):
    world.send(5)
    world.pass_days(31)
    assert shown(world) == (5, 5)
    world.keeping.retain(world.told)
    assert shown(world) == (0, 5)
    world.keeping.restore(ONE_DAY, world.told)
    assert shown(world) == (5, 5)


def test_sums_that_are_counted_again(world):
    world.send(5)
    world.engine.command("DELETE FROM traffic_day WHERE 1")
    assert shown(world) == (5, 0)
    world.keeping.rebuild(ONE_DAY, world.told)
    assert shown(world) == (5, 5)


def test_sums_that_go(world):
    world.send(5)
    world.pass_days(364)
    assert shown(world)[1] == 5
    world.clock.today = world.clock.today.replace(year=2027, month=12, day=1)
    assert world.metering.reader.usage(timedelta(days=366)).value.totals.requests == 0
    world.keeping.retain(world.told)
    assert shown(world) == (0, 0)
