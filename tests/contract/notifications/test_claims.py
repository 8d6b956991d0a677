"""What every control database must do for notifications and alerts, SQLite and PostgreSQL alike."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storekeeper.audit import AuditTrail
from storekeeper.health.alerting import repository as alerts
from storekeeper.health.alerting.model import Alert, AlertKind, AlertStatus, Severity
from storekeeper.infra.crypto import Sealer
from storekeeper.kernel.clock import ManualClock
from storekeeper.kernel.ids import new_id
from storekeeper.notifications import Message, NotificationService
from storekeeper.notifications.model import LOG, NewWebhook, Reply

CLAIMERS, MESSAGES = 6, 20


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def service(database, clock):
    made = NotificationService(database, Sealer("0" * 64), AuditTrail(database, clock), clock)
    yield made
    made.close()


def tell(database, service, clock, subject):
    message = Message(subject=subject, transition="opened", event="alert.opened", at=clock.now(), data={})
    with database.write() as connection:
        service.tell(connection, message)


def test_claimers_beside_each_other_never_get_the_same_attempt(database, service, clock):
    for number in range(MESSAGES):
        tell(database, service, clock, f"alert-{number}")
    claims, start = [], threading.Barrier(CLAIMERS)

    def claim():
        start.wait()
        found = [service._outbox.claim(LOG) for _ in range(MESSAGES)]
        claims.extend(one for one in found if one)

    threads = [threading.Thread(target=claim) for _ in range(CLAIMERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.id for one in claims}) == len(claims)
    assert {one.attempt for one in claims} == {1}
    assert len(claims) + len(rest(service)) == MESSAGES


def rest(service):
    """What is claimed afterwards: who loses a race goes away empty-handed."""
    found = []
    while claim := service._outbox.claim(LOG):
        found.append(claim)
    return found


def test_a_message_is_told_to_a_target_once(database, service, clock):
    tell(database, service, clock, "alert-1")
    with pytest.raises(sa.exc.IntegrityError):
        tell(database, service, clock, "alert-1")
    assert service.counts() == {"pending": 1}


def test_attempts_and_sums_are_kept(database, service, clock):
    webhook = service.webhooks.add(NewWebhook(name="desk", url="https://example.com/"), actor="test")
    tell(database, service, clock, "alert-1")
    claim = service._outbox.claim(webhook.id)
    service._outbox.settle(claim, Reply(status=503, retry_after="60", milliseconds=7))
    (delivery,) = service.deliveries("desk").items
    assert delivery.next_attempt_at == clock.now() + timedelta(seconds=60)
    assert [(one.number, one.http_status, one.milliseconds) for one in delivery.attempts] == [(1, 503, 7)]
    assert service.counts() == {"pending": 2}


def test_no_two_alerts_of_a_kind_whose_condition_lasts(database, clock):
    def add(ended_at=None):
        alert = Alert(
            id=new_id(clock.now()), bucket="photos", kind=AlertKind.SLOW_RESPONSE, severity=Severity.LOW,
            status=AlertStatus.OPEN, summary="slow", opened_at=clock.now(), ended_at=ended_at, resolved_at=None,
            resolved_by="", notes="",
        )  # fmt: skip
        with database.write() as connection:
            alerts.insert(connection, alert, bucket_id="b1")
        return alert

    add(ended_at=clock.now())
    lasting = add()
    with pytest.raises(sa.exc.IntegrityError):
        add()
    with database.write() as connection:
        assert alerts.resolve(connection, lasting.id, at=clock.now(), by="ann@x", notes="seen")
        assert not alerts.resolve(connection, lasting.id, at=clock.now(), by="bob@x", notes="again")
    with pytest.raises(sa.exc.IntegrityError):
        add()  # a person resolved it, and the condition lasts
    with database.write() as connection:
        assert alerts.active(connection)["b1"].keys() == {AlertKind.SLOW_RESPONSE}
        alerts.end(connection, lasting.id, clock.now())
        assert alerts.active(connection) == {}
    add()
