"""What the pages of health are given: states by word, the worst first, gaps, budgets, and fragments as they are drawn."""

from datetime import UTC, date, datetime, timedelta

import pytest

from storekeeper.health import views
from storekeeper.health.model import (
    BreakerAction,
    BreakerTransition,
    BreakerView,
    BucketHealth,
    BucketUptime,
    Check,
    DayUptime,
    ErrorBudget,
    HealthConfig,
    HealthMetrics,
    MonitorStats,
    NetworkFigures,
    OperationHealth,
    OperationMetrics,
    ProbeCost,
    Status,
    StatusChange,
)
from storekeeper.infra.web import Pages
from storekeeper.kernel.clock import ManualClock
from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import Figures, Mode, Outcome, State

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
COST = ProbeCost(class_a=100, class_b=50, free=25)
GET, PUT, LIST = ProbeOperation.GET, ProbeOperation.PUT, ProbeOperation.LIST


def operation(which, recent="oooo", **fields):
    return OperationHealth(operation=which, recent=recent, latency_ms=12.5, **fields)


def bucket(name, status=Status.HEALTHY, operations=(), **fields):
    return BucketHealth(
        bucket=name, status=status, reason=f"{name} is {status}.", since=NOW - HOUR, checked_at=NOW,
        operations=operations, **fields,
    )  # fmt: skip


FAILING = bucket(
    "b-failing",
    Status.UNHEALTHY,
    [operation(PUT, "oofff", streak=3, since=NOW - HOUR, problem="503 InternalError")],
    breaker=State.OPEN,
)
WELL = bucket("a-well", operations=[operation(PUT), operation(GET, "os")])
STALE = bucket("c-stale", Status.UNKNOWN, [operation(LIST)])


# The grid


def test_the_worst_is_the_first_and_filters_hold():
    mixed = [WELL, STALE, FAILING, bucket("d", Status.DEGRADED), bucket("z", breaker=State.HALF_OPEN)]
    assert [one.bucket for one in views.chosen(mixed, "", "")] == ["b-failing", "d", "c-stale", "z", "a-well"]
    assert [one.bucket for one in views.chosen(mixed, "healthy", "")] == ["z", "a-well"]
    assert [one.bucket for one in views.chosen(mixed, "", "FAIL")] == ["b-failing"]


def test_a_cell_tells_its_state_by_word():
    rows = {row["name"]: row for row in views.board_rows([FAILING, WELL, STALE])}
    assert [one.value for one in views.operations_of([FAILING, WELL, STALE])] == ["put", "get", "list"]
    put, get, list_ = rows["b-failing"]["cells"]
    assert (put["word"], put["tone"], put["problem"]) == ("fails", "bad", "503 InternalError")
    assert (get, list_) == (None, None)
    assert [cell and cell["word"] for cell in rows["a-well"]["cells"]] == ["works", "slow", None]
    assert [cell and cell["tone"] for cell in rows["c-stale"]["cells"]] == [None, None, "neutral"]


@pytest.mark.parametrize(
    ("letter", "word", "tone"),
    [
        ("o", "works", "good"), ("s", "slow", "warn"), ("f", "fails", "bad"), ("t", "throttled", "warn"),
        ("c", "refused", "bad"), ("x", "wrong bytes", "bad"), ("u", "unknown", "neutral"),
    ],
)  # fmt: skip
def test_every_outcome_has_a_word(letter, word, tone):
    [row] = views.operation_rows(bucket("a", operations=[operation(GET, "o" + letter)]))
    assert (row["word"], row["tone"]) == (word, tone)


def test_cards_count():
    cards = {card["label"]: card for card in views.board_cards([FAILING, WELL, STALE], COST)}
    assert {label: card["value"] for label, card in cards.items()} == {
        "Healthy": 1, "Degraded": 0, "Unhealthy": 1, "Open breakers": 1, "Probe requests a month": 150,
    }  # fmt: skip
    assert (cards["Healthy"]["suffix"], cards["Healthy"]["note"]) == ("of 3", "1 unknown")


@pytest.mark.parametrize(
    ("running", "error", "tone"), [(True, "", "good"), (True, "disk full", "warn"), (False, "", "warn")]
)
def test_the_monitor_says_how_it_is(running, error, tone):
    stats = MonitorStats(
        running=running, buckets=2, rounds=9, under_way=0, missed=1, drift_p99_ms=250.0, waiting=0,
        last_error=error, missed_by_bucket={},
    )  # fmt: skip
    view = views.monitor_view(stats, 3)
    facts = {fact["label"]: fact["value"] for fact in view["facts"]}
    assert (view["tone"], facts["Late by (p99)"], facts["Missed"]) == (tone, 0.25, 1)


# Breakers


def breaker(**fields):
    known = {
        "bucket": "a", "state": State.CLOSED, "mode": Mode.AUTOMATIC, "epoch": 1, "until": None, "k": 0,
        "reason": "3 calls failed in a row", "changed_at": NOW, "actor": "system",
    }  # fmt: skip
    return BreakerView(**known | fields)


@pytest.mark.parametrize(
    ("state", "mode", "word"),
    [
        (State.CLOSED, Mode.AUTOMATIC, "closed"),
        (State.OPEN, Mode.AUTOMATIC, "open"),
        (State.HALF_OPEN, Mode.AUTOMATIC, "half-open"),
        (State.OPEN, Mode.FORCED_OPEN, "forced open"),
        (State.CLOSED, Mode.DISABLED, "disabled"),
        (State.CLOSED, Mode.METRICS_ONLY, "metrics only"),
    ],
)
def test_a_breaker_says_what_it_was_told_before_what_it_found(state, mode, word):
    assert views.breaker_view(breaker(state=state, mode=mode), NOW)["word"] == word


def test_a_breaker_counts_down_and_not_below_nothing():
    until = NOW + timedelta(seconds=42)
    assert views.breaker_view(breaker(state=State.OPEN, until=until), NOW)["left"] == 42
    assert views.breaker_view(breaker(state=State.OPEN, until=until), NOW + HOUR)["left"] == 0
    assert views.breaker_view(breaker(state=State.OPEN), NOW)["left"] is None


def test_what_is_asked_first_names_the_bucket_and_what_happens():
    asked = {one["action"]: one for one in views.asked_actions("photos")}
    assert set(asked) == views.ASKED
    assert all("photos" in one["about"] for one in asked.values())
    assert asked[BreakerAction.FORCE_OPEN]["timed"]
    assert not asked[BreakerAction.DISABLE]["timed"]


def test_all_actions_are_offered_once():
    offered = [one["action"] for one in [*views.direct_actions(), *views.asked_actions("a")]]
    assert sorted(offered) == sorted(BreakerAction)


# Uptime


def day(number, healthy=0.0, unhealthy=0.0, degraded=0.0):
    known = healthy + unhealthy + degraded
    share = (healthy + degraded) / known if known else None
    return DayUptime(
        day=date(2026, 11, number), healthy=healthy, degraded=degraded, unhealthy=unhealthy,
        unknown=86_400 - known, uptime=share,
    )  # fmt: skip


def budget(left):
    return ErrorBudget(objective=0.999, allowed_seconds=100, spent_seconds=(1 - left) * 100, left=left)


def test_a_bar_is_taller_the_worse_the_day():
    days = [day(1), day(2, 86_400), day(3, 80_000, degraded=6_400), day(4, 86_000, unhealthy=400)]
    view = views.uptime_view(BucketUptime(bucket="a", days=days, uptime=0.9985, budget=budget(1)))
    heights = [bar["height"] for bar in view["bars"]]
    assert heights == sorted(set(heights))
    assert [bar["tone"] for bar in view["bars"]] == ["none", "good", "warn", "bad"]
    assert view["bars"][3]["title"] == "2026-11-04: 99.53 % up, 6m 40s unhealthy"
    assert view["label"] == "Uptime of a in 4 days: 99.85 %; unhealthy on 1, no data on 1"
    assert [row["day"] for row in view["days"]] == ["2026-11-04", "2026-11-03", "2026-11-02"]


@pytest.mark.parametrize(
    ("share", "written"), [(1.0, "100 %"), (0.99999, "99.99 %"), (0.5, "50.00 %"), (0.0, "0.00 %")]
)
def test_only_all_of_it_is_a_hundred_percent(share, written):
    view = views.uptime_view(BucketUptime(bucket="a", days=[], uptime=share, budget=budget(1)))
    assert view["share"] == written


@pytest.mark.parametrize(
    ("left", "words"), [(1.0, "in budget"), (0.1, "less than a quarter left"), (-0.5, "overdrawn")]
)
def test_a_budget_has_a_verdict(left, words):
    assert views.budget_view(budget(left))["words"] == words


def test_a_bucket_that_never_changed_has_no_outages():
    assert views.outages([], NOW - 24 * HOUR, NOW) == []


def test_outages_are_cut_to_the_range():
    def change(hours, after):
        return StatusChange(
            id=str(hours), at=NOW - hours * HOUR, bucket="a", before=Status.HEALTHY, after=after, reason=""
        )

    changes = [change(30, Status.UNHEALTHY), change(20, Status.HEALTHY), change(1, Status.UNHEALTHY)]
    marks = views.outages(changes, NOW - 24 * HOUR, NOW)
    assert [(mark["time"], mark["until"]) for mark in marks] == [
        (NOW - 24 * HOUR, NOW - 20 * HOUR), (NOW - HOUR, NOW),
    ]  # fmt: skip


# Latency, network, checks


def metrics(span, times, **fields):
    def one(time):
        return OperationMetrics(
            bucket="a", operation=PUT, time=time, checks=4, failures=1, throttled=0, refused=0, slow=1, corrupt=0,
            error_rate=0.25, average_ms=20.0, p50_ms=10.0, p95_ms=30.0, p99_ms=40.0,
        )  # fmt: skip

    since = NOW - span
    return HealthMetrics(
        since=since, until=NOW, totals=[one(None)], series=[one(since + time) for time in times], **fields
    )


def test_latency_has_gaps_and_the_threshold():
    found = metrics(3 * HOUR, [HOUR, 3 * HOUR])
    chart = views.latency_chart(found, PUT, HealthConfig(slow_response_threshold=500), [])
    assert chart["series"][1] == {"name": "p95", "values": [None, 0.03, None, 0.03]}
    assert chart["limits"] == [{"label": "slow", "value": 0.5}]
    assert chart["times"][0] == "2026-11-20T09:00:00Z"
    assert views.latency_chart(found, GET, HealthConfig(), []) is None


def test_long_ranges_go_by_whole_days():
    chart = views.latency_chart(metrics(timedelta(days=30), [12 * HOUR]), PUT, HealthConfig(), [])
    assert (chart["times"][0], chart["times"][-1]) == ("2026-10-22T00:00:00Z", "2026-11-20T00:00:00Z")
    assert chart["series"][0]["values"][0] == 0.01


def test_totals_are_in_the_order_of_a_round():
    [row] = views.total_rows(metrics(HOUR, []).totals)
    assert (row["name"], row["bad"], row["p99"]) == ("PUT", 1, 0.04)


@pytest.mark.parametrize(
    ("days", "skew", "notes"),
    [
        (90.0, 500.0, [None, None]),
        (20.0, -70_000.0, [("renew it", "warn"), ("set the clocks", "warn")]),
        (3.0, 1_200_000.0, [("renew it", "bad"), ("requests are refused", "bad")]),
        (-1.0, None, [("expired", "bad"), None]),
        (None, None, [None, None]),
    ],
)
def test_network_figures_say_what_needs_a_look(days, skew, notes):
    facts = views.network_facts(NetworkFigures(certificate_days=days, clock_skew_ms=skew))
    assert [fact["note"] for fact in facts[-2:]] == notes


def check(**fields):
    known = {"id": "r.put", "time": NOW, "bucket": "a", "operation": PUT, "outcome": Outcome.OK}
    return Check(**known | fields)


@pytest.mark.parametrize(
    ("found", "word", "answer"),
    [
        (check(status=200), "ok", "200"),
        (check(status=200, slow=True), "slow", "200"),
        (check(outcome=Outcome.FAILURE, failure="timeout"), "failed", "timeout"),
        (check(outcome=Outcome.FAILURE, status=200, corrupt=True), "wrong bytes", "200"),
        (check(outcome=Outcome.THROTTLED, status=503, code="SlowDown"), "throttled", "503 SlowDown"),
        (check(outcome=Outcome.CALLER, status=403, code="AccessDenied"), "refused", "403 AccessDenied"),
    ],
)
def test_a_check_says_how_it_ended(found, word, answer):
    [row] = views.check_rows([found])
    assert (row["word"], row["answer"]) == (word, answer)


# Fragments


@pytest.fixture
def drawn():
    """A template with its context as it comes out, without the fingerprints of assets and empty lines."""
    pages = Pages(ManualClock(NOW), (), "0")
    pages.environment.globals["asset"] = lambda name: name

    def draw(name, **context):
        text = pages.render(name, {"query": {}, "can_write": True, "csrf_token": "t"} | context)
        return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())

    return draw


def test_the_board(drawn, snapshot):
    statuses = [FAILING, WELL, STALE]
    stats = MonitorStats(
        running=True, buckets=3, rounds=9, under_way=1, missed=0, drift_p99_ms=3.0, waiting=0, last_error="",
        missed_by_bucket={},
    )  # fmt: skip
    assert snapshot == drawn(
        "health/board_now.html",
        cards=views.board_cards(statuses, COST),
        monitor=views.monitor_view(stats, 3),
        operations=[one.upper() for one in views.operations_of(statuses)],
        rows=views.board_rows(statuses),
        filters=[],
        paging=None,
    )


def test_a_bucket_with_an_open_breaker(drawn, snapshot):
    figures = Figures(calls=4, failures=3, consecutive=3)
    transition = BreakerTransition(
        id="1", at=NOW, bucket="b", before=State.CLOSED, after=State.OPEN, mode=Mode.AUTOMATIC, epoch=2,
        until=NOW + timedelta(seconds=30), reason="3 calls failed in a row", actor="system", figures=figures,
    )  # fmt: skip
    opened = breaker(state=State.OPEN, until=transition.until, figures=figures)
    assert snapshot == drawn(
        "health/bucket_now.html",
        bucket="b-failing",
        health=views.status_view(FAILING, HealthConfig()),
        operations=views.operation_rows(FAILING),
        network=views.network_facts(NetworkFigures(dns_ms=1.0, connect_ms=2.0, certificate_days=5.0)),
        breaker=views.breaker_view(opened, NOW),
        transitions=views.transition_rows([transition]),
        timeline="",
        timeline_next=None,
    )
