"""Migrations that are cut off after any statement: the next start goes on from there."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import storekeeper.app  # noqa: F401 - declares every table
from engines import open_engine
from storekeeper.infra import db
from storekeeper.infra.analytics import Analytics

TABLES = "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name"


class CutOffError(Exception):
    pass


def times_cut_off(migrate):
    """`migrate(done)`, which tells of each statement that is done, begun again and again: it is cut off after each that is new."""
    seen = set()

    def done(sql):
        if sql not in seen:
            seen.add(sql)
            raise CutOffError

    while True:
        try:
            migrate(done)
        except CutOffError:
            continue
        return len(seen)


def test_the_analytics_engine(tmp_path, monkeypatch):
    engine = Analytics(f"chdb:///{tmp_path}/analytics")
    command = engine.command

    def migrate(done):
        monkeypatch.setattr(engine, "command", lambda sql: (command(sql), done(sql)))
        engine.migrate()

    assert times_cut_off(migrate) > 40
    assert engine.pending() == []
    made = engine.rows(TABLES)
    engine.close()
    whole = open_engine(tmp_path / "whole")
    assert made == whole.rows(TABLES)
    whole.close()


def test_the_control_database(tmp_path):
    def migrate(done):
        database = db.Database(f"sqlite:///{tmp_path}/control.db")
        changes = ("CREATE", "ALTER", "INSERT", "UPDATE", "DROP")

        def executed(_connection, _cursor, sql, *_rest):
            if sql.lstrip().startswith(changes):
                done(sql)

        sa.event.listen(database.engine, "after_cursor_execute", executed)
        try:
            database.migrate()
        finally:
            database.close()

    assert times_cut_off(migrate) > 40
    database = db.Database(f"sqlite:///{tmp_path}/control.db")
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []
    assert len(set(database.revision())) == 1
    database.close()
