"""Laws of the pure decisions of health."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.health.model import (
    BreakerShareError,
    BreakerView,
    HealthChange,
    HealthConfig,
    HealthConfigError,
    OperationHealth,
    Status,
    StatusChange,
)
from storekeeper.health.rules import schedule, settings, sharing, status, sweeping, uptime
from storekeeper.health.rules.status import Seen
from storekeeper.objectstore.probing import ProbeOperation, new_name, parse_name
from storekeeper_client.breaker import CircuitBreaker, Mode, Outcome, State

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PUT, GET, DELETE = ProbeOperation.PUT, ProbeOperation.GET, ProbeOperation.DELETE
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
intervals = st.integers(1000, 86_400_000).map(lambda ms: timedelta(milliseconds=ms))


def bad(operation, outcome=Outcome.FAILURE, problem="503 ServiceUnavailable", **fields):
    return Seen(operation=operation, outcome=outcome, latency_ms=1.0, problem=problem, **fields)


def good(operation, **fields):
    return Seen(operation=operation, outcome=Outcome.OK, latency_ms=12.0, **fields)


def after(*rounds, threshold=3):
    known = []
    for number, seen in enumerate(rounds):
        known = status.note(known, seen, NOW + number * MINUTE, threshold)
    return known


def judged(*rounds, threshold=3):
    return status.judge(after(*rounds, threshold=threshold), threshold)


class TestStatus:
    def test_the_reason_is_said_in_words(self):
        well = [good(GET), good(DELETE)]
        found = judged(*[[bad(PUT, Outcome.THROTTLED, "503 SlowDown"), *well]] * 3)
        assert found == (Status.DEGRADED, "PUT is throttled since 14:02: 503 SlowDown (3 of 3)")
        found = judged(*[[bad(PUT), *well]] * 3)
        assert found == (Status.DEGRADED, "PUT fails since 14:02: 503 ServiceUnavailable (3 of 3)")

    def test_all_operations_failing_alike_are_one_sentence(self):
        found = judged(*[[bad(PUT), bad(GET)]] * 4)
        assert found == (
            Status.UNHEALTHY,
            "All operations fail since 14:02: 503 ServiceUnavailable (3 of 3)",
        )

    def test_each_for_its_own_reason_is_told_apart(self):
        found = judged(*[[bad(PUT, Outcome.CALLER, "403 AccessDenied"), bad(GET)]] * 3)
        assert found.status is Status.UNHEALTHY
        assert found.reason == (
            "PUT is refused since 14:02: 403 AccessDenied (3 of 3); "
            "GET fails since 14:02: 503 ServiceUnavailable (3 of 3)"
        )

    def test_one_failure_changes_nothing_yet(self):
        assert judged([good(GET)], [bad(GET)]).status is Status.HEALTHY

    def test_failing_at_times_is_degraded(self):
        found = judged(*[[good(GET)], [bad(GET)]] * 4)
        assert found == (
            Status.DEGRADED,
            "GET fails at times: 4 of 8, the last by 503 ServiceUnavailable",
        )

    def test_slow_is_degraded(self):
        found = judged(*[[good(GET, slow=True)]] * 3)
        assert found == (Status.DEGRADED, "GET is slow: 12 ms")

    def test_an_operation_that_is_not_tested_any_more_is_forgotten(self):
        assert judged(*[[bad(PUT), good(GET)]] * 3, [good(GET)]).status is Status.HEALTHY

    @given(st.lists(st.sampled_from("ofct"), max_size=40), st.integers(1, 10))
    def test_after_an_outage_one_good_check_is_health(self, before, threshold):
        outcome = {"o": Outcome.OK, "f": Outcome.FAILURE, "c": Outcome.CALLER, "t": Outcome.THROTTLED}
        rounds = [[good(GET) if one == "o" else bad(GET, outcome[one])] for one in before]
        rounds += [[bad(GET)]] * threshold
        assert judged(*rounds, threshold=threshold).status is Status.UNHEALTHY
        assert judged(*rounds, [good(GET)], threshold=threshold).status is Status.HEALTHY

    @given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(1, 10))
    def test_it_is_unhealthy_just_when_the_last_checks_all_failed(self, well, threshold):
        rounds = [[good(GET) if one else bad(GET)] for one in well]
        streak = len(well) - len("".join("ox"[not one] for one in well).rstrip("x"))
        found = judged(*rounds, threshold=threshold)
        assert (found.status is Status.UNHEALTHY) == (streak >= threshold)
        assert after(*rounds)[0].streak == streak

    def test_nothing_known_is_unknown(self):
        assert status.judge([], 3).status is Status.UNKNOWN
        assert status.stale(NOW) == (Status.UNKNOWN, "No check since 14:02.")


class TestSchedule:
    @given(st.uuids().map(str), intervals, moments, moments)
    def test_the_next_place_is_ahead_by_at_most_an_interval_and_does_not_move(
        self, bucket_id, interval, last, now
    ):
        due = schedule.first_due(bucket_id, interval, last, now)
        assert timedelta(0) < due - now <= interval
        assert schedule.first_due(bucket_id, interval, last, due - timedelta(microseconds=1)) == due
        later = schedule.first_due(bucket_id, interval, last, due)
        assert abs(later - due - interval) <= timedelta(microseconds=1)

    def test_a_bucket_that_was_never_checked_is_due_now(self):
        assert schedule.first_due("x", MINUTE, None, NOW) == NOW

    @given(st.floats(0, 1e6), st.floats(1, 1e5), st.floats(0, 1e6))
    def test_the_cadence_has_no_drift_and_nothing_is_bunched(self, planned, interval, late):
        now = planned + late
        found = schedule.step(planned, interval, now)
        assert found.following > now - 1e-6
        assert found.following <= now + interval + 1e-6
        steps = (found.following - planned) / interval
        assert steps == pytest.approx(found.missed + 1)


class TestSettings:
    def test_defaults_are_those_of_the_contract(self):
        config = HealthConfig()
        assert (config.check_interval, config.timeout, config.failure_threshold) == (30_000, 5_000, 3)
        assert (config.recovery_timeout, config.monitoring_window) == (60_000, 300_000)
        assert config.slow_response_threshold == 2_000
        assert set(config.test_operations) == {"get", "put", "delete"}
        assert config.enabled
        assert config.alert_on_failure
        assert config.alert_on_recovery

    def test_what_a_bucket_does_not_say_it_inherits(self):
        own = HealthChange(timeout=1000, slow_response_threshold=500)
        found = settings.effective(HealthConfig(check_interval=60_000), own)
        assert (found.timeout, found.check_interval) == (1000, 60_000)

    def test_switched_off_in_general_is_off_for_each(self):
        assert not settings.effective(HealthConfig(enabled=False), HealthChange(enabled=True)).enabled
        assert not settings.effective(HealthConfig(), HealthChange(enabled=False)).enabled

    def test_null_inherits_again(self):
        own = settings.merged(HealthChange(timeout=1000), HealthChange(timeout=None, enabled=False))
        assert settings.given(own) == {"enabled": False}

    def test_operations_are_in_the_order_of_a_round(self):
        found = settings.changed(HealthConfig(), HealthChange(test_operations=(DELETE, GET, GET)))
        assert found.test_operations == (GET, DELETE)

    def test_contradictions_are_refused(self):
        for change in (HealthChange(test_operations=()), HealthChange(check_interval=1000)):
            with pytest.raises(HealthConfigError):
                settings.changed(HealthConfig(), change)

    @given(
        st.sets(st.sampled_from(list(ProbeOperation)), min_size=1),
        st.integers(1000, 86_400_000),
        st.booleans(),
    )
    def test_the_bill_counts_each_operation_in_its_class(self, operations, interval, enabled):
        config = HealthConfig(test_operations=tuple(operations), check_interval=interval, enabled=enabled)
        found = settings.cost(config)
        rounds = 30 * 86_400_000 // interval if enabled else 0
        sweeps = settings.SWEEPS_A_MONTH if enabled else 0
        assert found.class_a == rounds * len(operations & {"put", "list"}) + sweeps
        assert found.class_b == rounds * len(operations & {"get", "head"})
        assert found.free == rounds * bool(operations & {"put", "delete"})

    def test_the_bill_of_the_defaults(self):
        found = settings.cost(HealthConfig())
        assert (found.class_a, found.class_b, found.free) == (87_120, 86_400, 86_400)

    @given(st.integers(1000, 86_400_000), st.integers(1000, 86_400_000), st.integers(1, 100))
    def test_any_settings_make_a_breaker(self, recovery, window, threshold):
        config = HealthConfig(
            recovery_timeout=recovery, monitoring_window=window, failure_threshold=threshold
        )
        found = settings.breaker_config(config)
        assert found.longest_recovery == found.recovery_timeout == recovery / 1000
        assert found.lease >= settings.longest_round(config)

    @given(st.lists(st.booleans(), max_size=60), st.integers(1, 10), st.integers(1000, 300_000))
    def test_fewer_failures_than_the_threshold_open_no_breaker(self, well, threshold, interval):
        config = HealthConfig(failure_threshold=threshold, check_interval=interval, timeout=500)
        breaker = CircuitBreaker("b", settings.breaker_config(config), clock=lambda: 1000.0)
        failures = 0
        for one in well:
            failures += not one
            if failures >= threshold:
                break
            permit = breaker.acquire()
            permit.success(0.01) if one else permit.failure(duration=0.01)
            assert breaker.state is State.CLOSED


def change(at, status_):
    return StatusChange(id="", at=at, bucket="b", before=Status.UNKNOWN, after=status_, reason="")


histories = st.lists(st.tuples(st.integers(0, 10 * 86_400), st.sampled_from(list(Status))), max_size=30)


class TestUptime:
    START = datetime(2026, 11, 1, tzinfo=UTC)

    def days(self, history, seconds):
        changes = [change(self.START + timedelta(seconds=at), one) for at, one in sorted(history)]
        now = self.START + timedelta(seconds=seconds)
        return uptime.by_day(changes, date(2026, 11, 1), now)

    @given(histories, st.integers(1, 12 * 86_400))
    def test_each_second_is_in_one_status(self, history, seconds):
        found = self.days(history, seconds)
        total = sum(day.healthy + day.degraded + day.unhealthy + day.unknown for day in found)
        assert total == pytest.approx(seconds)
        assert all(
            0 <= part <= 86_400 + 1e-6
            for day in found
            for part in (day.healthy, day.degraded, day.unhealthy, day.unknown)
        )

    @given(histories, st.integers(1, 12 * 86_400))
    def test_shares_are_shares_and_the_budget_adds_up(self, history, seconds):
        found = self.days(history, seconds)
        share, budget = uptime.share_up(found), uptime.budget(found)
        assert share is None or 0 <= share <= 1
        known = sum(day.healthy + day.degraded + day.unhealthy for day in found)
        assert budget.allowed_seconds == pytest.approx(known * 0.001)
        if share is not None:
            assert budget.spent_seconds == pytest.approx(known * (1 - share), abs=1e-3)
            overdrawn = budget.spent_seconds > budget.allowed_seconds
            assert overdrawn == (budget.left < 0)

    def test_a_day_with_an_outage(self):
        found = self.days([(0, Status.HEALTHY), (3600, Status.UNHEALTHY), (7200, Status.HEALTHY)], 86_400)
        assert found[0].unhealthy == 3600
        assert found[0].uptime == pytest.approx(23 / 24)


class TestSweeping:
    BROOM = sweeping.Broom(node="me", begun=NOW, longest_round=timedelta(seconds=20))

    @given(moments, st.from_regex(r"[A-Za-z0-9-]{1,64}", fullmatch=True))
    def test_a_name_tells_whose_it_is_and_when_it_was_made(self, made, node):
        found = parse_name(new_name(node, made))
        assert found.node == node
        assert abs(found.made - made) < timedelta(milliseconds=1)

    @pytest.mark.parametrize(
        ("node", "made", "now", "gone"),
        [
            ("me", NOW - MINUTE, NOW, True),  # of an earlier process
            ("me", NOW + MINUTE, NOW + MINUTE, False),
            ("me", NOW + MINUTE, NOW + 3 * MINUTE, True),
            ("other", NOW - 59 * MINUTE, NOW, False),
            ("other", NOW - 61 * MINUTE, NOW, True),
        ],
    )
    def test_only_what_can_not_be_under_way_goes(self, node, made, now, gone):
        assert sweeping.is_debris(new_name(node, made), self.BROOM, now) == gone

    @given(st.text())
    def test_what_has_another_name_is_left_alone(self, name):
        assert not sweeping.is_debris(".storekeeper-probe/" + name, self.BROOM, NOW + 1000 * MINUTE)


def view(bucket, *, forced):
    return BreakerView(
        bucket=bucket,
        state=State.OPEN if forced else State.CLOSED,
        mode=Mode.FORCED_OPEN if forced else Mode.AUTOMATIC,
        epoch=1,
        until=None,
        k=0,
        reason="",
        changed_at=NOW,
        actor="rule",
        automatic=forced,
    )


@given(st.integers(1, 50), st.integers(0, 50))
def test_automation_never_forces_more_than_its_share(buckets, forced):
    forced = min(forced, buckets - 1)
    views = [view(str(number), forced=number < forced) for number in range(buckets)]
    try:
        sharing.check_share(views, str(buckets - 1))
    except BreakerShareError:
        assert forced + 1 > max(buckets * sharing.MOST_FORCED, 1)
    else:
        assert forced + 1 <= max(buckets * sharing.MOST_FORCED, 1)


def test_forcing_the_same_again_is_no_more():
    views = [view("a", forced=True), view("b", forced=False)]
    sharing.check_share(views, "a")


def test_a_remembered_operation_is_what_it_was():
    assert after([good(GET)])[0] == OperationHealth(
        operation=GET, recent="o", latency_ms=12.0, first_byte_ms=None
    )
