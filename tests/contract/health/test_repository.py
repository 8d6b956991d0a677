"""What health keeps in the control database, on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest

from storekeeper.health import repository
from storekeeper.health.model import (
    BreakerTransition,
    BreakerView,
    HealthChange,
    NetworkFigures,
    OperationHealth,
    Status,
    StatusChange,
)
from storekeeper.health.repository import GENERAL, StoredStatus
from storekeeper.kernel.ids import new_id
from storekeeper.objectstore.probing import ProbeOperation
from storekeeper_client.breaker import Figures, Mode, State

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
NAMES = {"1": "photos", "2": "logs"}


def change(number, bucket_id="1", status=Status.HEALTHY, at=None):
    at = at or NOW + timedelta(minutes=number)
    return bucket_id, StatusChange(
        id=new_id(at), at=at, bucket=NAMES[bucket_id], before=Status.UNKNOWN, after=status, reason=f"{number}"
    )


def transition(number, bucket_id="1"):
    at = NOW + timedelta(minutes=number)
    return bucket_id, BreakerTransition(
        id=new_id(at), at=at, bucket=NAMES[bucket_id], before=State.CLOSED, after=State.OPEN, mode=Mode.AUTOMATIC,
        epoch=1_800_000_000 + number, until=at + timedelta(minutes=1), reason="3 calls in a row failed",
        actor="system", figures=Figures(calls=9, failures=3, consecutive=3),
    )  # fmt: skip


def test_settings_are_overwritten(database):
    own = HealthChange(timeout=1000, test_operations=(ProbeOperation.LIST,))
    with database.write() as connection:
        repository.save_config(connection, GENERAL, HealthChange(enabled=False), at=NOW, by="ann@x")
        repository.save_config(connection, "1", HealthChange(timeout=900), at=NOW, by="ann@x")
        repository.save_config(connection, "1", own, at=NOW, by="ann@x")
    with database.read() as connection:
        found = repository.configs(connection)
    assert found == {GENERAL: HealthChange(enabled=False), "1": own}


def test_a_status_comes_back_as_it_was(database):
    status = StoredStatus(
        bucket_id="1", status=Status.DEGRADED, reason="PUT fails since 14:02: 503 SlowDown (3 of 3)", since=NOW,
        checked_at=NOW,
        operations=(OperationHealth(operation=ProbeOperation.PUT, recent="ooff", since=NOW, streak=2),),
        network=NetworkFigures(dns_ms=1.5, certificate_days=12.25),
    )  # fmt: skip
    with database.write() as connection:
        repository.save_status(connection, StoredStatus(bucket_id="1"))
        repository.save_status(connection, status)
        repository.save_status(connection, StoredStatus(bucket_id="2"))
    with database.read() as connection:
        assert repository.statuses(connection) == {"1": status, "2": StoredStatus(bucket_id="2")}


def test_changes_page_newest_first(database):
    with database.write() as connection:
        for number in range(5):
            repository.add_change(connection, *change(number, bucket_id="12"[number % 2]))
    with database.read() as connection:
        first = repository.changes(connection, NAMES, bucket_id="", before="", limit=3)
        rest = repository.changes(connection, NAMES, bucket_id="", before=first[-1].id, limit=3)
        only = repository.changes(connection, NAMES, bucket_id="2", before="", limit=9)
    assert [one.reason for one in first + rest] == ["4", "3", "2", "1", "0"]
    assert [(one.bucket, one.reason) for one in only] == [("logs", "3"), ("logs", "1")]


def test_changes_of_a_span_are_led_by_what_held_before(database):
    with database.write() as connection:
        for number in range(4):
            repository.add_change(connection, *change(number))
        repository.add_change(connection, *change(9, bucket_id="2"))
    with database.read() as connection:
        since = NOW + timedelta(minutes=2)
        found = repository.changes_since(connection, since, ["1", "2", "3"])
    assert [one.reason for one in found["1"]] == ["1", "2", "3"]
    assert [one.reason for one in found["2"]] == ["9"]
    assert found["3"] == []


@pytest.mark.parametrize("until", [None, NOW])
def test_a_breaker_comes_back_as_it_was(database, until):
    view = BreakerView(
        bucket="photos", state=State.OPEN, mode=Mode.FORCED_OPEN, epoch=1_795_277_575, until=until, k=2,
        reason="migration", changed_at=NOW, actor="ann@x", automatic=True,
    )  # fmt: skip
    with database.write() as connection:
        repository.save_breaker(connection, "1", view)
        repository.save_breaker(connection, "1", view)
    with database.read() as connection:
        assert repository.breakers(connection, NAMES) == {"1": view}


def test_transitions_come_back_with_their_figures(database):
    with database.write() as connection:
        for number in range(3):
            repository.add_transition(connection, *transition(number))
    with database.read() as connection:
        found = repository.transitions(connection, NAMES, bucket_id="1", before="", limit=2)
    expected = [transition(number)[1] for number in (2, 1)]
    assert [(one.at, one.epoch, one.until, one.figures) for one in found] == [
        (one.at, one.epoch, one.until, one.figures) for one in expected
    ]


def test_what_is_old_goes_but_the_last_change(database):
    with database.write() as connection:
        for number in range(3):
            repository.add_change(connection, *change(number))
            repository.add_transition(connection, *transition(number))
        repository.add_change(connection, *change(0, bucket_id="2"))
    with database.write() as connection:
        assert repository.forget_before(connection, NOW + timedelta(days=1)) == 2 + 3
    with database.read() as connection:
        left = repository.changes(connection, NAMES, bucket_id="", before="", limit=9)
        assert repository.transitions(connection, NAMES, bucket_id="", before="", limit=9) == []
    assert sorted((one.bucket, one.reason) for one in left) == [("logs", "0"), ("photos", "2")]


def test_a_bucket_is_forgotten_whole(database):
    with database.write() as connection:
        repository.save_config(connection, "1", HealthChange(), at=NOW, by="ann@x")
        repository.save_status(connection, StoredStatus(bucket_id="1"))
        repository.add_change(connection, *change(1))
        repository.add_transition(connection, *transition(1))
        repository.save_status(connection, StoredStatus(bucket_id="2"))
        repository.forget_bucket(connection, "1")
    with database.read() as connection:
        assert repository.configs(connection) == {}
        assert set(repository.statuses(connection)) == {"2"}
        assert repository.changes(connection, NAMES, bucket_id="", before="", limit=9) == []
        assert repository.transitions(connection, NAMES, bucket_id="", before="", limit=9) == []
