"""When something is wrong, how bad it is, and what that makes of alerts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.health.alerting import rules
from storekeeper.health.alerting.model import AlertKind, Severity
from storekeeper.health.alerting.rules import Condition
from storekeeper.health.model import BreakerTransition, HealthConfig, OperationHealth
from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import Figures, Mode, State

CONFIG = HealthConfig()
KINDS = st.sets(st.sampled_from([kind for kind in AlertKind if kind is not AlertKind.SERVICE_RECOVERED]))
WRONG = Condition(Severity.HIGH, "wrong")
RATE, SLOW, DEGRADED = rules.OF_CHECKS


def operation(recent, kind=ProbeOperation.GET, latency=100.0):
    streak = len(recent) - len(recent.rstrip("ftxc"))
    return OperationHealth(
        operation=kind, recent=recent, streak=streak, latency_ms=latency, problem="503 SlowDown"
    )


def found(*recent, latency=100.0, **config):
    operations = [operation(one, kind, latency) for one, kind in zip(recent, ProbeOperation, strict=False)]
    return rules.of_checks(operations, HealthConfig(**config))


@pytest.mark.parametrize(
    ("recent", "severity"),
    [
        ("oooooooooo", None),
        ("ooooooooff", None),  # 20 % is not more than 20 %
        ("oooooooofff"[-10:], Severity.HIGH),
        ("offooxotoo", Severity.HIGH),
        ("ooooffffff", Severity.CRITICAL),
        ("cccccccccc", Severity.CRITICAL),
        ("ffff", None),  # half of the window is not there yet
        ("fffff", Severity.CRITICAL),
        ("uuuuuuuuuu", None),
        ("ssssssssss", None),
    ],
)
def test_the_rate_of_errors(recent, severity):
    assert (found(recent).get(RATE) or WRONG._replace(severity=None)).severity == severity


def test_the_rate_is_of_the_checks_that_fit_into_the_window():
    assert RATE in found("ffffffoooo")
    assert RATE not in found("ffffffoooo", monitoring_window=120_000)
    assert found("ooofffffff")[RATE].summary == "70.0 % of the last 10 checks failed."


@given(st.integers(1000, 86_400_000), st.integers(1000, 86_400_000))
def test_a_window_has_one_to_ten_checks(interval, monitoring_window):
    size = rules.window(HealthConfig(check_interval=interval, monitoring_window=monitoring_window))
    assert 1 <= size <= 10
    assert size in (1, 10) or size * interval <= monitoring_window


def test_slow_in_several_checks_in_a_row():
    assert SLOW not in found("ooooooooss")
    assert SLOW not in found("oooosssoss")
    slow = found("ooooooosss", "oooooooooo", latency=2400.0)[SLOW]
    assert slow.severity is Severity.MEDIUM
    assert slow.summary == f"Slow in 3 checks in a row: {next(iter(ProbeOperation)).upper()} 2400 ms."
    assert found("sss", latency=5001.0)[SLOW].severity is Severity.CRITICAL
    assert SLOW in found("ssssssssss", failure_threshold=50)  # more than are remembered


def test_several_operations_that_fail():
    assert DEGRADED not in found("oooofff", "ooooooo", "oooooff")
    some = found("oooofff", "ooooxxx", "ooooooo")[DEGRADED]
    assert some.severity is Severity.HIGH
    assert some.summary.startswith("2 of 3 operations fail: ")
    assert found("oooofff", "ooooxxx")[DEGRADED].severity is Severity.CRITICAL
    assert DEGRADED not in found("fffffff")  # a single one is not several


@given(st.lists(st.text("osftcxu", max_size=10), max_size=5), st.integers(1, 100))
def test_any_past_is_judged(recent, threshold):
    told = found(*recent, failure_threshold=threshold)
    letters = "".join(recent)
    assert set(told) <= set(rules.OF_CHECKS)
    assert not told or set(letters) & set("sftcx")
    if not set(letters) & set("ftcx"):
        assert set(told) <= {SLOW}


def transition(after, mode=Mode.AUTOMATIC):
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    return BreakerTransition(
        id="t", at=moment, bucket="photos", before=State.CLOSED, after=after, mode=mode, epoch=1, until=None,
        reason="3 calls in a row failed", actor="ann@x", figures=Figures(),
    )  # fmt: skip


def test_a_breaker_that_is_not_closed():
    kind = AlertKind.CIRCUIT_BREAKER_OPEN
    assert rules.of_breaker(transition(State.CLOSED)) == {}
    for state in (State.OPEN, State.HALF_OPEN):
        assert rules.of_breaker(transition(state))[kind].severity is Severity.CRITICAL
    forced = rules.of_breaker(transition(State.OPEN, Mode.FORCED_OPEN))[kind]
    assert forced.severity is Severity.MEDIUM
    assert forced.summary == "ann@x forced the circuit breaker open: 3 calls in a row failed"


@given(KINDS, KINDS, KINDS, st.booleans())
def test_moves_lead_to_what_holds_and_touch_nothing_else(active, holding, judged, raising):
    moved = rules.moves(active, dict.fromkeys(holding, WRONG), judged, raising=raising)
    after = (active - set(moved.ended)) | set(moved.began)
    assert after - judged == active - judged
    assert set(moved.began).isdisjoint(active)
    assert set(moved.ended) <= active
    assert moved.recovered == (bool(moved.ended) and not after)
    if raising:
        assert after & judged == holding & judged
    else:
        assert moved.began == []
        assert after & judged == active & holding & judged


@given(KINDS, KINDS)
def test_moving_twice_is_moving_once(active, holding):
    holds = dict.fromkeys(holding, WRONG)
    first = rules.moves(active, holds, AlertKind, raising=True)
    after = (active - set(first.ended)) | set(first.began)
    assert rules.moves(after, holds, AlertKind, raising=True) == ([], [], False)


@pytest.mark.parametrize(("down", "severity"), [(True, Severity.CRITICAL), (False, Severity.HIGH)])
def test_what_fails_from_here_only_is_not_critical(down, severity):
    operations = [operation("ffffffffff", kind) for kind in (ProbeOperation.PUT, ProbeOperation.GET)]
    holds = rules.of_checks(operations, CONFIG)
    seen = rules.seen_from_here_only(holds, operations, CONFIG, down=down)
    assert {one.severity for one in seen.values()} == {severity}


def test_of_several_operations_one_that_works_leaves_the_severity_as_it_is():
    operations = [operation("ffffffffff", ProbeOperation.PUT), operation("oooooooooo", ProbeOperation.GET)]
    critical = {SLOW: Condition(Severity.CRITICAL, "slow")}
    assert rules.seen_from_here_only(critical, operations, CONFIG, down=False) == critical
