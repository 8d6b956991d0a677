"""What every control database must do, SQLite and PostgreSQL alike."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import storekeeper.app  # noqa: F401 - declares every table
from storekeeper.infra import db


def test_migrations_make_the_declared_schema(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []
    assert len(set(database.revision())) == 1


def test_migrating_twice_changes_nothing(database):
    database.migrate()
    applied, newest = database.revision()
    assert applied == newest


@pytest.fixture
def numbers(database):
    table = sa.Table(
        "number", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True), sa.Column("at", db.Timestamp)
    )
    table.create(database.engine)
    return table


def test_a_failed_transaction_leaves_nothing(database, numbers):
    def fail():
        with database.write() as connection:
            connection.execute(numbers.insert().values(n=1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.read() as connection:
        assert connection.execute(sa.select(numbers)).all() == []


@pytest.mark.parametrize(
    "when",
    [
        datetime(2026, 11, 20, 12, 30, 1, 999_999, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC),
        datetime(2026, 7, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    ],
)
def test_times_come_back_to_the_microsecond(database, numbers, when):
    with database.write() as connection:
        connection.execute(numbers.insert().values(n=1, at=when))
    with database.read() as connection:
        found = connection.execute(sa.select(numbers.c.at)).scalar_one()
    assert found == when
    assert found.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(database, numbers):
    with pytest.raises(sa.exc.StatementError, match="time zone"), database.write() as connection:
        connection.execute(numbers.insert().values(n=1, at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_audit_records_can_not_be_changed_or_removed(database):
    from storekeeper.audit import AuditTrail
    from storekeeper.audit.repository import audit_record
    from storekeeper.kernel.clock import ManualClock

    trail = AuditTrail(database, ManualClock())
    with database.write() as connection:
        trail.record(connection, actor="a@b", action="bucket.create", target="photos", details={"size": 1})
    for statement in (audit_record.update().values(actor="x"), audit_record.delete()):
        with pytest.raises(sa.exc.DatabaseError, match="append-only"), database.write() as connection:
            connection.execute(statement)
    assert [(r.actor, r.action, r.details) for r in trail.page().items] == [
        ("a@b", "bucket.create", {"size": 1})
    ]


def test_audit_pages_follow_one_another(database):
    from storekeeper.audit import AuditTrail
    from storekeeper.kernel.clock import ManualClock

    clock = ManualClock()
    trail = AuditTrail(database, clock)
    for number in range(5):
        with database.write() as connection:
            action = "bucket.create" if number % 2 else "user.create"
            trail.record(connection, actor=f"a{number}", action=action, target="x")
        clock.advance(60)
    seen, cursor = [], ""
    while cursor is not None:
        page = trail.page(limit=2, cursor=cursor)
        seen += [record.actor for record in page.items]
        cursor = page.next_cursor
    assert seen == ["a4", "a3", "a2", "a1", "a0"]
    assert [r.actor for r in trail.page(action="bucket").items] == ["a3", "a1"]
    assert [r.actor for r in trail.page(since=clock.now() - timedelta(seconds=130)).items] == ["a4", "a3"]
