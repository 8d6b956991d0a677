"""A bucket fails and comes back; alerts say so, survive restarts, and reach who is to hear of them."""

import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from callers import calling
from storekeeper import notifications
from storekeeper.health import AlertService, Listener
from storekeeper.health.alerting import ROUTES as ALERT_ROUTES
from storekeeper.health.alerting.model import AlertKind, AlertStatus, Severity, UnknownAlertError
from storekeeper.health.model import BreakerAction, BreakerOrder, HealthChange
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.web import Pages, Principal, Role
from storekeeper.kernel.errors import UnavailableError
from storekeeper.notifications import NotificationService
from storekeeper_client.breaker import State

pytestmark = pytest.mark.slow
BRIEF = HealthChange(timeout=1000, slow_response_threshold=900)
INTERVAL, THRESHOLD, RECOVERY = 30, 3, 60
BREAKER, RATE, DEGRADED, RECOVERED = (
    AlertKind.CIRCUIT_BREAKER_OPEN,
    AlertKind.HIGH_ERROR_RATE,
    AlertKind.SERVICE_DEGRADED,
    AlertKind.SERVICE_RECOVERED,
)


class Alerting:
    """Alerts and notifications on a world; wired anew when it is."""

    def __init__(self, world):
        self.world = world
        self.open()

    def open(self):
        world = self.world
        self.notifications = NotificationService(world.database, Sealer("0" * 64), world.audit, world.clock)
        self.service = AlertService(
            world.health, world.database, self.notifications, world.buckets, world.audit, world.clock
        )
        self.service.start_up()

    def restart(self):
        self.world.restart()
        self.open()

    def all(self, **query):
        """Kinds, the oldest first."""
        return [one.kind for one in reversed(self.service.page(**query).items)]

    def are_open(self):
        return set(self.all(status=AlertStatus.OPEN))

    def told(self):
        """Events in the log, in order."""
        with capture_logs() as logs:
            self.notifications.deliver_due()
        return [(one["event"], one["about"]["kind"]) for one in logs if "about" in one]


@pytest.fixture
def alerting(world):
    return Alerting(world)


@pytest.fixture
def endpoint(alerting, world, endpoints):
    made = endpoints.faithful()
    world.health.configure(BRIEF, actor="test")
    world.add("photos", made)
    world.do_rounds()
    return made


def kill(endpoint):
    endpoint.proxy.faults.refuse = True


def revive(endpoint):
    endpoint.proxy.faults.refuse = False


def test_a_bucket_that_fails_and_comes_back(world, endpoint, alerting):
    kill(endpoint)
    world.pass_time(INTERVAL * (THRESHOLD - 1))
    assert alerting.all() == []
    world.pass_time(INTERVAL)
    assert alerting.are_open() == {BREAKER, DEGRADED}
    (breaker,) = [one for one in alerting.service.page().items if one.kind is BREAKER]
    assert (breaker.severity, breaker.bucket) == (Severity.CRITICAL, "photos")
    assert "3 calls in a row failed" in breaker.summary
    world.pass_time(4 * INTERVAL)
    assert alerting.are_open() == {BREAKER, DEGRADED, RATE}
    assert len(alerting.all()) == 3  # opened again and again, told once
    revive(endpoint)
    world.pass_time(RECOVERY + INTERVAL)
    assert alerting.are_open() == set()
    assert alerting.all()[-1] is RECOVERED
    assert {one.resolved_by for one in alerting.service.page().items} == {"system"}
    told = alerting.told()
    assert sorted(told[:3]) == [("alert.opened", one) for one in sorted((BREAKER, DEGRADED, RATE))]
    assert sorted(told[3:-1]) == [("alert.resolved", one) for one in sorted((BREAKER, DEGRADED, RATE))]
    assert told[-1] == ("alert.opened", RECOVERED)


def test_a_restart_repeats_and_loses_nothing(world, endpoint, alerting):
    kill(endpoint)
    world.pass_time(INTERVAL * THRESHOLD)
    before = alerting.service.page().items
    alerting.restart()
    assert alerting.service.page().items == before
    world.pass_time(2 * INTERVAL)
    assert len(alerting.told()) == len(alerting.all())
    revive(endpoint)
    world.pass_time(RECOVERY + INTERVAL)
    assert alerting.are_open() == set()


def test_who_resolves_by_hand_is_not_told_again_until_it_begins_anew(world, endpoint, alerting):
    kill(endpoint)
    world.pass_time(INTERVAL * THRESHOLD)
    for one in alerting.service.page().items:
        alerting.service.resolve(one.id, "The provider knows.", actor="ann@x")
    world.pass_time(2 * INTERVAL)
    alerting.restart()
    world.pass_time(INTERVAL)
    assert alerting.all().count(BREAKER) == 1
    assert BREAKER not in alerting.are_open()
    revive(endpoint)
    world.pass_time(RECOVERY + INTERVAL)
    kill(endpoint)
    world.pass_time(INTERVAL * THRESHOLD)
    assert alerting.all().count(BREAKER) == 2
    assert BREAKER in alerting.are_open()
    (record, *_) = world.audit.page(action="alert").items
    assert (record.actor, record.details["notes"]) == ("ann@x", "The provider knows.")


def test_settings_say_what_is_told(world, endpoint, alerting):
    world.health.configure(HealthChange(alert_on_failure=False), actor="test")
    kill(endpoint)
    world.pass_time(INTERVAL * 2 * THRESHOLD)
    assert alerting.all() == []
    world.health.configure(HealthChange(alert_on_failure=True, alert_on_recovery=False), actor="test")
    world.pass_time(RECOVERY + INTERVAL)
    assert alerting.are_open() == {BREAKER, RATE, DEGRADED}
    revive(endpoint)
    world.pass_time(RECOVERY + INTERVAL)
    assert alerting.are_open() == set()
    assert {event for event, _ in alerting.told()} == {"alert.opened"}
    assert RECOVERED not in alerting.all()


def test_while_nothing_is_known_nothing_ends(world, endpoint, alerting):
    kill(endpoint)
    world.pass_time(INTERVAL * THRESHOLD)
    before = alerting.are_open()
    world.health.stop(actor="test")
    revive(endpoint)
    world.pass_time(10 * INTERVAL, step=INTERVAL)
    assert alerting.are_open() == before


def test_a_person_forces_the_breaker_open(world, endpoint, alerting):
    act = world.health.breakers.act
    act("photos", BreakerOrder(action=BreakerAction.FORCE_OPEN, reason="moving"), actor="ann@x")
    (alert,) = alerting.service.page().items
    assert (alert.kind, alert.severity) == (BREAKER, Severity.MEDIUM)
    act("photos", BreakerOrder(action=BreakerAction.RESET), actor="ann@x")
    assert alerting.all() == [BREAKER, RECOVERED]
    assert alerting.are_open() == set()


def test_what_is_stored_without_its_alert_is_found_at_the_start(world, endpoint, alerting):
    """As by a release that had none: its listeners are those of another service."""
    world.restart()
    kill(endpoint)
    world.pass_time(INTERVAL * 2 * THRESHOLD)
    assert alerting.all() == []
    alerting.open()
    assert alerting.are_open() == {BREAKER, RATE, DEGRADED}


def test_a_transition_and_its_alert_are_stored_together_or_not_at_all(world, endpoint, alerting):
    broken = [True]

    def fail(_connection, _statuses):
        if broken[0]:
            raise UnavailableError("not now")

    world.health.subscribe(Listener(on_stored=fail))
    kill(endpoint)
    for _ in range(THRESHOLD):
        world.clock.advance(INTERVAL)
        world.health.monitor.step()
        assert world.health.monitor.settle()
    world.health._ledger.flush()
    assert world.health.breakers.get("photos").state is State.OPEN
    assert (world.health.breakers.transitions().items, alerting.all()) == ([], [])
    broken[0] = False
    world.do_rounds()
    assert len(world.health.breakers.transitions().items) == 1
    assert alerting.are_open() == {BREAKER, DEGRADED}


def test_who_was_told_hears_when_the_bucket_is_removed(world, endpoint, alerting):
    kill(endpoint)
    world.pass_time(INTERVAL * THRESHOLD)
    alerting.told()
    world.buckets.remove("photos", actor="test")
    assert sorted(alerting.told()) == [("alert.resolved", BREAKER), ("alert.resolved", DEGRADED)]
    assert alerting.all() == []


def test_alerts_that_ended_long_ago_are_forgotten(world, endpoint, alerting):
    act = world.health.breakers.act
    for action in (BreakerAction.FORCE_OPEN, BreakerAction.RESET, BreakerAction.FORCE_OPEN):
        act("photos", BreakerOrder(action=action), actor="ann@x")
    world.clock.advance(366 * 86400)
    assert alerting.service.forget_old() == 2
    assert alerting.all() == [BREAKER]


# Over HTTP


@pytest.fixture
def client(world, alerting):
    with calling(
        [*ALERT_ROUTES, *notifications.ROUTES],
        clock=world.clock,
        buckets=world.buckets,
        health=world.health,
        alerts=alerting.service,
        notifications=alerting.notifications,
    ) as client:
        yield client


def test_the_api_of_alerts(world, endpoint, alerting, client):
    kill(endpoint)
    world.pass_time(INTERVAL * THRESHOLD)
    first = client.get("/api/health/alerts", params={"status": "open", "bucket": "photos", "limit": 1}).json()
    rest = client.get("/api/health/alerts", params={"cursor": first["nextCursor"]}).json()
    (alert,) = first["items"]
    assert (len(rest["items"]), rest["nextCursor"]) == (1, None)
    assert (alert["status"], alert["endedAt"]) == ("open", None)
    assert client.get(f"/api/health/alerts/{alert['id']}").json() == alert
    path = f"/api/health/alerts/{alert['id']}/resolve"
    reader = {"Authorization": "Bearer readonly"}
    assert client.post(path, json={"notes": "x"}, headers=reader).status_code == 403
    resolved = client.post(path, json={"notes": "seen"})
    assert resolved.status_code == 200
    assert (resolved.json()["status"], resolved.json()["resolvedBy"]) == ("resolved", "admin@example.com")
    again = client.post(path, json={"notes": "seen"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/alert-resolved")
    unknown = client.get("/api/health/alerts/none")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/unknown-alert")
    assert client.get("/api/health/alerts", params={"status": "odd"}).status_code == 400
    with pytest.raises(UnknownAlertError):
        alerting.service.resolve("none", "", actor="x")


@pytest.mark.parametrize(
    ("back", "led"),
    [
        ("/health/buckets/photos?range=7d", "/health/buckets/photos?range=7d"),
        ("//evil.example", "/health/buckets"),
        ("/\\evil.example", "/health/buckets"),
        ("https://evil.example", "/health/buckets"),
    ],
)
def test_the_form_leads_back_to_its_page_and_nowhere_else(world, endpoint, alerting, client, back, led):
    act = world.health.breakers.act
    act("photos", BreakerOrder(action=BreakerAction.FORCE_OPEN), actor="ann@x")
    (alert,) = alerting.service.page().items
    form = {"notes": " seen ", "back": back}
    answer = client.post(f"/alerts/{alert.id}/resolve", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, led)
    assert alerting.service.get(alert.id).notes == "seen"
    again = client.post(f"/alerts/{alert.id}/resolve", data=form)
    assert again.status_code == 303


def test_the_list_of_alerts_shows_each_and_the_form_to_those_who_may(world, endpoint, alerting):
    act = world.health.breakers.act
    act("photos", BreakerOrder(action=BreakerAction.FORCE_OPEN, reason="<b>moving</b>"), actor="ann@x")
    pages = Pages(world.clock, (), "test")

    def shown(role):
        principal = Principal(id="p", email="p@x", role=role, via="session")
        context = {"alerts": alerting.service.page().items, "back": "/health/buckets", "csrf_token": "c"}
        return pages.render("health/alerts.html", context | {"principal": principal})

    assert "photos: Circuit breaker open" in shown(Role.READONLY)
    assert "&lt;b&gt;moving" in shown(Role.READONLY)
    assert "<form" not in shown(Role.READONLY)
    (alert,) = alerting.service.page().items
    assert f'action="/alerts/{alert.id}/resolve"' in shown(Role.ADMIN)
    alerting.service.resolve(alert.id, "seen", actor="ann@x")
    assert "What was wrong still is." in shown(Role.ADMIN)
    assert "<form" not in shown(Role.ADMIN)


# kill -9

DYING = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.health import AlertService, HealthService, Listener
from storekeeper.health.model import BreakerAction, BreakerOrder
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.db import Database
from storekeeper.kernel.clock import ManualClock
from storekeeper.notifications import NotificationService

folder, when, moment = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
database, clock = Database(f"sqlite:///{folder}/control.db"), ManualClock(datetime.fromisoformat(moment))
audit, sealer = AuditTrail(database, clock), Sealer("0" * 64)
buckets = BucketService(database, sealer, audit, clock)
engine = Analytics(f"chdb:///{folder}/analytics-of-the-other")
health = HealthService(database, engine, buckets, audit, clock, data_dir=folder, node="test")

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if when == "before the alert":
    health.subscribe(Listener(on_breaker=die))
AlertService(health, database, NotificationService(database, sealer, audit, clock), buckets, audit, clock)
if when == "before the commit":
    health.subscribe(Listener(on_breaker=die))
health.breakers.act("photos", BreakerOrder(action=BreakerAction.FORCE_OPEN), actor="ann@x")
die()
"""


@pytest.mark.parametrize(
    ("when", "stored"), [("before the alert", 0), ("before the commit", 0), ("after the commit", 1)]
)
def test_kill_9_leaves_the_transition_with_its_alert_and_notification_or_none_of_them(
    world, alerting, tmp_path, when, stored
):
    world.add("photos")
    command = [sys.executable, "-c", DYING, str(tmp_path), when, world.clock.now().isoformat()]
    died = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert died.returncode == -9, died.stderr.decode()
    alerting.restart()
    assert len(world.health.breakers.transitions().items) == stored
    assert alerting.all() == [BREAKER] * stored
    assert alerting.told() == [("alert.opened", BREAKER)] * stored
