"""What is stored, for those who look after all of it: sums that add up, owners page by page, files."""

import csv
import io

import pyarrow as pa
import pytest

from storekeeper.buckets.model import BucketChange

PATH = "/api/admin/metrics/storage"


@pytest.fixture
def stored(world, report):
    """Three owners and nobody in two buckets that were scanned, something written since; one bucket that never was."""
    world.buckets.edit("photos", BucketChange(owner_pattern="users/{owner}/"), actor="test")
    for owner, size in (("ann", 5000), ("bob", 3000), ("cid", 200_000)):
        world.stores["photos"].put(f"users/{owner}/a", b"x" * size)
    world.stores["logs"].put("a.log", b"x" * 10)
    for name in ("photos", "logs"):
        assert world.scan(name) == "succeeded"
    world.bucket("attic")
    world.clock.advance(3600)
    report(operation="PutObject", owner="ann", bytesIn=700, minutes_ago=1)
    return world


def test_storage_is_told_by_bucket_class_day_and_owner(stored, client):
    found = client.get(PATH, params={"includeUsers": "true", "range": "7d"}).json()
    rows = {row["bucket"]: row for row in found["byBucket"]}
    assert [(name, row["objects"], row["bytes"]) for name, row in rows.items()] == [
        ("photos", 3, 208_000),
        ("logs", 1, 10),
        ("attic", None, None),
    ]
    photos, attic = rows["photos"], rows["attic"]
    assert (photos["addedBytes"], photos["addedObjects"], photos["stale"], photos["ageHours"]) == (
        700,
        1,
        False,
        1,
    )
    assert (photos["objectsBelow4k"], photos["bytesBelow4k"], photos["objectsBelow128k"]) == (1, 3000, 2)
    assert (attic["scannedAt"], attic["ageHours"], attic["stale"]) == (None, None, True)
    totals = found["totals"]
    assert (totals["buckets"], totals["scanned"], totals["objects"], totals["bytes"]) == (3, 2, 4, 208_010)
    for name in ("objects", "bytes", "objectsBelow4k", "bytesBelow128k"):
        assert sum(row[name] for row in found["byStorageClass"]) == totals[name]
    today = found["trend"][-1]
    assert (today["objects"], today["bytes"], today["buckets"]) == (4, 208_010, 2)
    users = found["users"]
    assert [(one["owner"], one["bytes"], one["addedBytes"]) for one in users["items"]] == [
        ("cid", 200_000, 0),
        ("ann", 5000, 700),
        ("bob", 3000, 0),
        ("", 10, 0),
    ]
    assert sum(one["share"] for one in users["items"]) == pytest.approx(1)
    assert (users["total"], users["nextCursor"]) == (4, None)


def test_owners_are_left_out_unless_asked_for_and_come_page_by_page(stored, client):
    assert client.get(PATH).json()["users"] is None
    query = {"includeUsers": "true", "limit": 2}
    first = client.get(PATH, params=query).json()["users"]
    second = client.get(PATH, params=query | {"cursor": first["nextCursor"]}).json()["users"]
    assert [one["owner"] for one in (*first["items"], *second["items"])] == ["cid", "ann", "bob", ""]
    assert second["nextCursor"] is None
    one = client.get(PATH, params={"includeUsers": "true", "bucket": "logs"}).json()
    assert [(user["owner"], user["share"]) for user in one["users"]["items"]] == [("", 1.0)]
    assert client.get(PATH, params={"limit": 1001}).status_code == 400


def test_each_part_is_a_file_too_and_is_known_again(stored, client):
    whole = client.get(PATH, params={"includeUsers": "true"}).json()
    for table, items in (
        ("byBucket", whole["byBucket"]),
        ("users", whole["users"]["items"]),
        ("trend", whole["trend"]),
    ):
        rows = list(
            csv.DictReader(io.StringIO(client.get(PATH, params={"format": "csv", "table": table}).text))
        )
        assert [row["bytes"] for row in rows] == [
            str(item["bytes"] if item["bytes"] is not None else "") for item in items
        ]
    arrow = client.get(
        PATH, params={"table": "byBucket"}, headers={"Accept": "application/vnd.apache.arrow.stream"}
    )
    assert pa.ipc.open_stream(arrow.content).read_all()["bytes"].to_pylist() == [208_000, 10, None]
    answer = client.get(PATH)
    again = client.get(PATH, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(PATH, headers={"Authorization": "Bearer user"}).status_code == 403
    assert client.get(PATH, params={"bucket": "nowhere"}).status_code == 404
