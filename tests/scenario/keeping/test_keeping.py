"""Operations grow old, are archived, come back, and are counted again; nothing is lost and nothing counted twice."""

from datetime import date, timedelta

import pytest

from storekeeper.kernel.errors import UnavailableError
from storekeeper.metering.keeping.analytics import SUMS
from storekeeper.metering.keeping.model import ArchiveState, Days, NotKeptError
from tallies import TALLIES

pytestmark = pytest.mark.slow
FIRST = date(2026, 11, 1)
ONE_DAY = Days(since=FIRST, until=FIRST)


def states(world):
    return [archive.state for archive in world.keeping.archives().items]


def test_old_operations_leave_for_the_archive_and_their_sums_stay(world):
    world.send(5)
    world.pass_days(31)
    world.send(3)
    world.keeping.retain(world.told)
    assert world.operations() == 3
    assert world.sums()["n"] == 8
    (archive,) = world.keeping.archives().items
    assert (archive.day, archive.operations, archive.state) == (FIRST, 5, ArchiveState.ARCHIVED)
    assert world.files() == ["part-00000.parquet"]
    assert world.progress == [{"day": "2026-11-01"}]


def test_without_an_archive_they_are_forgotten(make_world):
    world = make_world(archive=False)
    world.send(5)
    world.pass_days(31)
    world.keeping.retain(world.told)
    assert world.operations() == 0
    assert world.sums()["n"] == 5
    assert world.keeping.archives().items == []


def test_what_is_not_old_stays(world):
    world.send(5)
    world.pass_days(30)
    world.keeping.retain(world.told)
    assert world.operations() == 5


def test_sums_go_by_whole_months(world):
    world.send(5)
    world.pass_days(365)  # still in the same month as the first that is kept
    world.keeping.retain(world.told)
    assert world.sums()["n"] == 5
    world.pass_days(31)
    world.keeping.retain(world.told)
    assert {table: world.sums(table)["n"] for table in TALLIES} == dict.fromkeys(TALLIES, 0)


def test_sums_of_owners_by_the_hour_go_after_some_days(world):
    world.send(5)
    hours = [rows for rows in TALLIES if "'hour'" in rows]
    others = [rows for rows in TALLIES if rows not in hours]
    world.pass_days(8)
    world.keeping.retain(world.told)
    assert [world.sums(rows)["n"] for rows in hours] == [5, 5]
    world.pass_days(1)  # from the 1st to the 4th and then five days
    world.send(3)
    world.keeping.retain(world.told)
    assert [world.sums(rows)["n"] for rows in hours] == [3, 3]
    assert {world.sums(rows)["n"] for rows in others} == {8}


def test_archived_operations_come_back_for_a_week_and_go_again_without_being_archived_twice(world):
    world.send(5, key="a/b.jpg")
    before = world.engine.rows("SELECT * FROM operation ORDER BY time")
    world.pass_days(40)
    world.keeping.retain(world.told)
    assert world.keeping.restore(ONE_DAY, world.told) == 5
    assert world.engine.rows("SELECT * FROM operation ORDER BY time") == before
    assert world.sums()["n"] == 5
    assert world.keeping.restore(ONE_DAY, world.told) == 0  # they are here
    world.keeping.retain(world.told)
    assert world.operations() == 5
    world.pass_days(8)
    world.keeping.retain(world.told)
    assert world.operations() == 0
    assert states(world) == [ArchiveState.ARCHIVED]
    assert len(world.files()) == 1


def test_latecomers_have_an_archive_of_their_own_and_all_come_back(world):
    world.send(5)
    world.pass_days(31)
    world.keeping.retain(world.told)
    world.send(2, days_ago=31, operation="PutObject")
    world.keeping.retain(world.told)
    assert states(world) == [ArchiveState.ARCHIVED] * 2
    assert world.keeping.restore(ONE_DAY, world.told) == 7
    assert world.operations() == 7
    world.pass_days(8)
    world.keeping.retain(world.told)
    assert [one.operations for one in world.keeping.archives().items] == [2, 5]


def test_latecomers_among_restored_ones_make_one_archive_of_all(world):
    world.send(5)
    world.pass_days(31)
    world.keeping.retain(world.told)
    world.keeping.restore(ONE_DAY, world.told)
    world.send(2, days_ago=31)
    world.pass_days(8)
    world.keeping.retain(world.told)
    (archive,) = world.keeping.archives().items
    assert (archive.operations, archive.state) == (7, ArchiveState.ARCHIVED)
    assert world.keeping.restore(ONE_DAY, world.told) == 7


def test_what_was_never_archived_can_not_be_restored(world):
    with pytest.raises(NotKeptError):
        world.keeping.restore(ONE_DAY, world.told)


def test_a_day_in_several_files(world, monkeypatch):
    monkeypatch.setattr("storekeeper.metering.keeping.service.FILE_OPERATIONS", 10)
    for hour in range(12):
        world.send(5, time=(world.clock.now() - timedelta(hours=hour)).isoformat())
    world.pass_days(31)
    world.keeping.retain(world.told)
    assert len(world.files()) == 4  # of six spans of four hours, those with operations
    assert world.keeping.restore(ONE_DAY, world.told) == 60


@pytest.mark.parametrize("moment", ["before the files", "between the files", "damaged"])
def test_when_the_archive_fails_nothing_is_dropped_and_the_next_night_goes_on(world, monkeypatch, moment):
    world.send(5)
    world.send(4, time="2026-11-01T01:00:00Z")
    world.pass_days(31)
    monkeypatch.setattr("storekeeper.metering.keeping.service.FILE_OPERATIONS", 5)
    store = type(world.buckets.open(world.buckets.get("archive")))
    real, calls = store.put, []

    def put(self, key, body):
        calls.append(key)
        if moment == "before the files" or (moment == "between the files" and len(calls) == 2):
            raise UnavailableError("The bucket is away.")
        real(self, key, body[:-1] if moment == "damaged" else body)

    with monkeypatch.context() as patch:
        patch.setattr(store, "put", put)
        with pytest.raises(UnavailableError):
            world.keeping.retain(world.told)
    world.send(1, days_ago=31)  # a latecomer meanwhile
    world.keeping.retain(world.told)
    assert world.operations() == 0
    assert sorted(one.operations for one in world.keeping.archives().items) == [1, 9]
    assert world.keeping.restore(ONE_DAY, world.told) == 10


CRASHES = ["leave", "drop_day", "attach_staged", "unstage", "count_again"]


@pytest.mark.parametrize("where", CRASHES)
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_anywhere_loses_and_doubles_nothing(world, monkeypatch, where, after):
    world.send(5)
    world.pass_days(31)
    steps = [
        lambda: world.keeping.retain(world.told),
        lambda: world.keeping.restore(ONE_DAY, world.told),
        lambda: world.pass_days(8),
        lambda: world.keeping.retain(world.told),
        lambda: world.keeping.rebuild(ONE_DAY, world.told),
    ]
    real, crashed = getattr(type(world.keeping._analytics), where), []

    def crash(self, *arguments, **options):
        if not crashed and not after:
            crashed.append(True)
            raise KeyboardInterrupt
        result = real(self, *arguments, **options)
        if not crashed:
            crashed.append(True)
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(type(world.keeping._analytics), where, crash)
    for step in steps:
        try:
            step()
        except KeyboardInterrupt:
            step()
        assert world.operations() in (0, 5)
    assert crashed
    assert [(one.operations, one.state) for one in world.keeping.archives().items] == [
        (5, ArchiveState.ARCHIVED)
    ]
    assert world.sums() == {"n": 5, "b": 50}
    assert world.keeping.restore(ONE_DAY, world.told) == 5


def test_sums_are_rebuilt_from_what_is_here_and_from_the_archive(world):
    world.send(5)
    world.pass_days(31)
    world.keeping.retain(world.told)
    world.send(2, days_ago=31, operation="PutObject", owner="bob")
    world.send(3, days_ago=29)  # another day of the same eighth of a month
    world.send(4, days_ago=20)  # another eighth of the same month
    right = {
        table: world.engine.rows(f"SELECT * EXCEPT latency FROM {table} FINAL ORDER BY ALL")
        for table in SUMS[:1]
    }
    totals = {table: world.sums(table) for table in TALLIES}
    totals |= {
        table: totals[table.replace("'hour'", "'day'")] for table in totals
    }  # hours that had gone come back
    for table in SUMS:
        world.engine.command(f"ALTER TABLE {table} DELETE WHERE toDate(time) = '2026-11-01'")
    for _ in range(2):  # a second time changes nothing
        (found,) = world.keeping.rebuild(ONE_DAY, world.told)
        assert (found.found, found.done) == (7, True)
        assert {table: world.sums(table) for table in TALLIES} == totals
        for table, rows in right.items():
            assert world.engine.rows(f"SELECT * EXCEPT latency FROM {table} FINAL ORDER BY ALL") == rows


def test_sums_that_know_more_than_is_left_are_not_touched_unless_forced(make_world):
    world = make_world(archive=False)
    world.send(5)
    world.pass_days(31)
    world.keeping.retain(world.told)
    world.send(2, days_ago=31)
    (found,) = world.keeping.rebuild(ONE_DAY, world.told)
    assert (found.found, found.counted, found.done) == (2, 7, False)
    assert world.sums()["n"] == 7
    (found,) = world.keeping.rebuild(Days(since=FIRST, until=FIRST, force=True), world.told)
    assert found.done
    assert world.sums()["n"] == 2


def test_a_damaged_file_is_told(world):
    world.send(5)
    world.pass_days(31)
    world.keeping.retain(world.told)
    (file,) = world.folder.glob("archive/**/*.parquet")
    file.write_bytes(b"not parquet")
    with pytest.raises(UnavailableError, match="can not be read"):
        world.keeping.restore(ONE_DAY, world.told)
