"""Scans and shards are stored alike on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest

from storekeeper.inventory import repository
from storekeeper.inventory.model import Extras, Scan, ScanState, Shard, Uploads, Versions

pytestmark = pytest.mark.slow
NOON = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


def scan(name, *, bucket="b", ended=NOON, state=ScanState.COMPLETE, **figures):
    return Scan(
        id=name,
        bucket_id=bucket,
        state=state,
        started_at=(ended or NOON) - HOUR,
        finished_at=ended,
        **figures,
    )


@pytest.fixture
def connection(database):
    with database.write() as connection:
        yield connection


def test_a_scan_comes_back_as_it_was_saved(connection):
    extras = Extras(
        uploads=Uploads(count=2**40, bytes=2**60),
        versions=Versions(unknown="needs s3:ListBucketVersions"),
    )
    before = scan(
        "a", objects=2**40, bytes=2**61, pages=7, batches=3, extras=extras, detailed=True, error="é"
    )
    repository.save(connection, before)
    assert repository.get(connection, "a") == before
    after = scan("a", ended=None, state=ScanState.OPEN)
    repository.save(connection, after)
    assert repository.get(connection, "a") == after
    assert repository.get(connection, "b") is None


def test_shards_hold_any_key_and_go_when_they_are_done(connection):
    repository.save(connection, scan("a", state=ScanState.OPEN))
    shards = [
        Shard(number=0, prefix="é/", after="nul\x00\U0010ffff"),
        Shard(number=1, prefix="", after="x" * 1024, until="z"),
    ]
    repository.save_shards(connection, "a", shards)
    assert repository.open_shards(connection, "a") == shards
    repository.save_shards(connection, "a", [Shard(number=0, done=True), Shard(number=1, after="y")])
    assert repository.open_shards(connection, "a") == [Shard(number=1, after="y")]
    repository.save_shards(connection, "a", [])
    repository.forget_bucket(connection, "b")
    assert repository.open_shards(connection, "a") == []


def test_the_newest_complete_scan_of_each_bucket(connection):
    for one in (
        scan("1", ended=NOON - 2 * HOUR),
        scan("2", ended=NOON - HOUR),
        scan("3", ended=NOON, state=ScanState.FAILED),
        scan("4", bucket="c", ended=NOON - 3 * HOUR),
    ):
        repository.save(connection, one)
    newest = repository.newest_complete(connection)
    assert {bucket: found.id for bucket, found in newest.items()} == {"b": "2", "c": "4"}
    assert repository.newest_complete(connection, bucket_id="b")["b"].id == "2"
    assert repository.newest_complete(connection, bucket_id="b", before=NOON - HOUR)["b"].id == "1"
    assert repository.newest_complete(connection, before=NOON - 9 * HOUR) == {}
    assert {bucket: found.id for bucket, found in repository.newest(connection).items()} == {
        "b": "3",
        "c": "4",
    }
    assert repository.last_started(connection) == {"b": NOON - HOUR, "c": NOON - 4 * HOUR}
    assert [found.id for found in repository.find(connection, "b", limit=2)] == ["3", "2"]
    assert [found.id for found in repository.find(connection, "b", before="2")] == ["1"]


def test_a_long_history_keeps_the_last_scan_of_each_span(connection):
    for number in range(100):
        repository.save(connection, scan(f"{number:03}", ended=NOON + number * HOUR))
    for number in (3, 97):
        repository.save(connection, scan(f"c{number}", bucket="c", ended=NOON + number * HOUR))

    def history(most, bucket_id="b"):
        found = repository.history(connection, NOON, NOON + 100 * HOUR, most=most, bucket_id=bucket_id)
        assert set(found) == {bucket_id} if bucket_id else {"b", "c"}
        return {id_: [(one.scanned_at - NOON) // HOUR for one in points] for id_, points in found.items()}

    assert history(100) == {"b": list(range(100))}
    thinned = history(10)["b"]
    assert 10 <= len(thinned) <= 11
    assert thinned[-1] == 99
    assert thinned == sorted(thinned)
    assert history(10, "") == {"b": thinned, "c": [3, 97]}
    assert history(100, "") == {"b": list(range(100)), "c": [3, 97]}


def test_what_is_too_old_is_forgotten_but_for_what_is_kept(connection):
    for name, age in (("old", 3), ("kept", 2), ("young", 0)):
        repository.save(connection, scan(name, ended=NOON - age * HOUR, detailed=True))
    assert repository.drop_details(connection, {"young"}) == ["old", "kept"]
    assert [one.detailed for one in repository.find(connection, "b")] == [True, False, False]
    assert repository.forget_before(connection, NOON - HOUR, {"kept"}) == 1
    assert [one.id for one in repository.find_in_state(connection, ScanState.COMPLETE)] == ["kept", "young"]
