"""How long sums are kept, as their parts are named."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from storekeeper.metering import reckoning
from storekeeper.metering.analytics import ranking
from storekeeper.metering.figures import Question
from storekeeper.metering.keeping import rules
from storekeeper.metering.keeping.rules import HOURS_KEPT

DAY = timedelta(days=1)
days = st.dates(date(2024, 1, 1), date(2028, 12, 31))


def part_of(day):
    """As `owner_sum` is partitioned."""
    return f"{day:%Y%m}-{2 + (day.day - 1) // 4}"


@given(days, st.integers(-3, 20), st.times())
@example(date(2026, 11, 4), 5, time(0))
@example(date(2026, 11, 4), 6, time(0))
@example(date(2028, 2, 29), 6, time(23, 59))
def test_hours_are_kept_for_as_long_as_they_are_asked_for_and_no_more_than_an_eighth_longer(day, later, at):
    now = datetime.combine(day + later * DAY, at, UTC)
    gone = rules.expired_hours([part_of(day)], now)
    if day >= (now - HOURS_KEPT).date():
        assert not gone
    elif day + 4 * DAY <= (now - HOURS_KEPT).date():
        assert gone == [part_of(day)]


@given(days, st.times(), st.integers(7, 48))
@example(date(2026, 11, 23), time(2, 40), 24)
@example(date(2026, 11, 23), time(23, 59), 47)
def test_no_ranking_asks_for_hours_that_may_be_gone(day, at, hours):
    now = datetime.combine(day, at, UTC)
    question = Question(window=reckoning.window(now, timedelta(hours=hours)))
    asked = ranking.before(question, "")
    if "unit = 'hour'" in asked.sql:
        kept = datetime.combine((now - HOURS_KEPT).date(), time(0), UTC)
        assert min(asked.values.values()) >= f"{kept:%Y-%m-%d %H:%M:%S}"


def test_only_hours_go_so_soon():
    now = datetime(2026, 11, 23, tzinfo=UTC)
    parts = ["202510", "202510-0", "202510-1", "202611-5", "202611-6", "202611-2", "202510-9"]
    assert rules.expired_hours(parts, now) == ["202510-9", "202611-2", "202611-5"]
