"""Buckets on both databases, opened at real stores."""

import msgspec
import pytest
import sqlalchemy

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import BucketChange, BucketExistsError, NewBucket, UnknownBucketError
from storekeeper.infra.crypto import SealBrokenError, Sealer
from storekeeper.infra.once import one_read
from storekeeper.kernel.clock import ManualClock
from storekeeper.kernel.errors import BadInputError

SECRET = "a-secret-that-must-not-show"


@pytest.fixture
def audit(database):
    return AuditTrail(database, ManualClock())


@pytest.fixture
def buckets(database, audit):
    return BucketService(database, Sealer("k" * 64), audit, ManualClock())


def new(name="photos", url="s3://photos", **given):
    return NewBucket(name=name, url=url, access_key_id="AKIAEXAMPLE", secret_access_key=SECRET, **given)


def everything_stored(database):
    with database.engine.connect() as connection:
        tables = ("bucket", "audit_record")
        return str([connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables])


def test_a_bucket_is_registered_found_and_removed(buckets, audit):
    added = buckets.add(new(region="eu-central-1"), actor="ann@x")
    assert (added.provider, added.endpoint) == ("aws", "https://s3.eu-central-1.amazonaws.com")
    assert buckets.get("photos") == added == buckets.get_by_id(added.id)
    assert buckets.all() == [added]
    buckets.remove("photos", actor="ann@x")
    assert buckets.all() == []
    with pytest.raises(UnknownBucketError, match="photos"):
        buckets.get("photos")
    assert [(r.action, r.actor) for r in audit.page().items] == [
        ("bucket.delete", "ann@x"),
        ("bucket.create", "ann@x"),
    ]


@pytest.mark.parametrize("first", ["all", "get"])
def test_within_a_read_a_bucket_is_looked_up_once(buckets, database, first):
    """Also one that was among all; one that is not there is looked for again, and told."""
    added = buckets.add(new(), actor="a")
    asked = []
    sqlalchemy.event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with one_read():
        assert (buckets.all() if first == "all" else [buckets.get("photos")]) == [added]
        assert [buckets.get("photos"), buckets.get("photos")] == [added, added]
        assert len([sql for sql in asked if "FROM bucket" in sql]) == 1
        with pytest.raises(UnknownBucketError):
            buckets.get("others")
    assert buckets.get("photos") == added


def test_a_name_is_taken_once(buckets):
    buckets.add(new(), actor="a")
    with pytest.raises(BucketExistsError):
        buckets.add(new(url="s3://other"), actor="a")
    assert len(buckets.all()) == 1


def test_no_secret_is_stored_or_shown_in_the_clear(buckets, database):
    bucket = buckets.add(new(session_token="tok-" + SECRET), actor="a")
    buckets.edit("photos", BucketChange(secret_access_key="another-" + SECRET), actor="a")
    assert SECRET not in everything_stored(database)
    assert SECRET not in msgspec.json.encode(bucket).decode()
    assert SECRET not in repr(new())
    assert SECRET not in repr(BucketChange(secret_access_key=SECRET))


def test_a_sealed_secret_copied_to_another_bucket_does_not_open(buckets, database):
    buckets.add(new(), actor="a")
    other = buckets.add(new(name="other"), actor="a")
    with database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE bucket SET secret_access_key = (SELECT secret_access_key FROM bucket WHERE name = 'photos') "
            "WHERE name = 'other'"
        )
    with pytest.raises(SealBrokenError):
        buckets.open(other)


def test_an_edit_changes_only_what_it_names(buckets, audit):
    before = buckets.add(new(), actor="a")
    after = buckets.edit("photos", BucketChange(owner_pattern="users/{owner}/", max_concurrency=3), actor="b")
    assert (after.owner_pattern, after.max_concurrency) == ("users/{owner}/", 3)
    assert after.endpoint == before.endpoint
    assert buckets.get("photos") == after
    details = audit.page().items[0].details
    assert details == {"owner_pattern": "users/{owner}/", "max_concurrency": "3"}


@pytest.mark.parametrize(
    "bad",
    [
        {"url": "ftp://x"},
        {"owner_pattern": "users/"},
        {"scan_cron": "often"},
        {"endpoint": "http://169.254.169.254"},
        {"provider": "nobody"},
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_kept(buckets, audit, bad):
    with pytest.raises(BadInputError) if "endpoint" not in bad else pytest.raises(Exception, match="169"):
        buckets.add(new(**bad), actor="a")
    assert buckets.all() == []
    assert audit.page().items == []


def test_what_else_knows_a_bucket_forgets_it_in_the_same_transaction(buckets):
    bucket = buckets.add(new(), actor="a")

    def refuse(_connection, _bucket):
        raise RuntimeError

    buckets.on_remove(refuse)
    with pytest.raises(RuntimeError):
        buckets.remove("photos", actor="a")
    assert buckets.all() == [bucket]


def test_an_owner_pattern_is_tried_on_real_keys(buckets, tmp_path):
    for owner in ("ann", "bob"):
        (tmp_path / "data" / "users" / owner).mkdir(parents=True)
        (tmp_path / "data" / "users" / owner / "file.txt").write_text("x")
    (tmp_path / "data" / "readme").write_text("x")
    buckets.add(NewBucket(name="folder", url=f"file://{tmp_path}/data"), actor="a")
    trial = buckets.try_owner_pattern("folder", "users/{owner}/")
    assert (trial.matched, trial.unmatched) == (2, 1)
    assert {e["key"]: e["owner"] for e in trial.examples}["users/bob/file.txt"] == "bob"
    assert buckets.get("folder").owner_pattern == ""


def test_a_readable_bucket_passes_the_test_and_a_missing_one_says_so(buckets, tmp_path):
    (tmp_path / "data").mkdir()
    buckets.add(NewBucket(name="here", url=f"file://{tmp_path}/data"), actor="a")
    buckets.add(NewBucket(name="gone", url=f"file://{tmp_path}/gone"), actor="a")
    assert buckets.test("here").ok
    result = buckets.test("gone")
    assert not result.ok
    assert any(not finding.ok and finding.detail for finding in result.findings)
