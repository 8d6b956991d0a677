"""The embedded database under kill -9, lock and a full disk."""

import subprocess
import sys

import pytest
import sqlalchemy as sa

from storekeeper.infra import db
from storekeeper.kernel.errors import UnavailableError

WRITER = """
import sys, sqlalchemy as sa
from storekeeper.infra.db import Database
database = Database(sys.argv[1])
number = sa.Table("number", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True))
n = 0
while True:
    with database.write() as connection:
        connection.execute(number.insert().values(n=n))
    print(n, flush=True)
    n += 1
"""
number = sa.Table("number", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True))


def test_what_was_committed_survives_kill_9(tmp_path):
    url = f"sqlite:///{tmp_path}/control.db"
    database = db.Database(url)
    number.create(database.engine)
    process = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True)
    acknowledged = [int(process.stdout.readline()) for _ in range(50)][-1]
    process.kill()
    rest = process.communicate()[0].split()
    acknowledged = int(rest[-1]) if rest else acknowledged
    with database.read() as connection:
        stored = [n for (n,) in connection.execute(sa.select(number).order_by(number.c.n))]
    assert stored[: acknowledged + 1] == list(range(acknowledged + 1))
    assert len(stored) <= acknowledged + 2  # at most the one whose answer was cut off
    database.close()


def test_a_full_disk_is_told_and_changes_nothing(tmp_path):
    database = db.Database(f"sqlite:///{tmp_path}/control.db")
    number.create(database.engine)
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE filler (body BLOB)")
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    sa.event.listen(
        database.engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}"), insert=False
    )

    def fill():
        with database.write() as connection:
            connection.execute(number.insert().values(n=1))
            connection.exec_driver_sql("INSERT INTO filler VALUES (zeroblob(100000))")

    with pytest.raises(UnavailableError, match="full") as caught:
        fill()
    assert "Nothing was changed" in caught.value.hint
    with database.read() as connection:
        assert connection.execute(sa.select(number)).all() == []
    database.close()


def test_the_sqlite_in_use_has_no_wal_reset_corruption():
    assert db.sqlite_version() >= db.SAFE_SQLITE
