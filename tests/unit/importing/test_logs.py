"""Logs of requests: each kind by a real sample."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.metering.importing import s3_operations


def at(second, minute=0):
    return datetime(2026, 11, 20, 11, minute, second, tzinfo=UTC)


def test_an_s3_access_log(read, sample):
    found = read("s3-access-log", sample("s3_access.log"))
    assert [(row["time"], row["operation"], row["status"]) for row in found.rows] == [
        (at(38), "GetBucketVersioning", 200),
        (at(39), "PutObject", 200),
        (at(40), "GetObject", 404),
        (at(41), "ListObjectsV2", 200),
        (at(42), "CopyObject", 200),
        (at(43), "DeleteObjects", 200),
        (at(2, 5), "REST.GRAFT.OBJECT_PART-2", 200),
    ]
    assert found.refused == {11: "line: not the fields of an S3 access log"}
    assert found.skipped == {
        "part of another request": 2,
        "not a request: the provider's own work": 1,
        "of another bucket": 1,
    }


def test_the_fields_of_an_s3_access_log(read, sample):
    put, missing = read("s3-access-log", sample("s3_access.log")).rows[1:3]
    assert put["key"] == "users/ann/summer trip.jpg"  # encoded twice in the log
    assert (put["bytesIn"], put["bytesOut"], put["objectSize"], put["latencyMs"]) == (48113, 0, 48113, 41)
    assert (put["requestId"], put["id"]) == ("891CE47D2EXAMPLE", "891CE47D2EXAMPLE")
    assert (missing["error"], missing["bytesOut"], missing["clientIp"]) == ("NoSuchKey", 297, "2001:db8::7")


def test_a_key_that_is_encoded_once_is_decoded_once(read):
    line = (
        b'o photos [20/Nov/2026:11:00:39 +0000] - - ID REST.GET.OBJECT 100%25.txt "GET /100%25.txt HTTP/1.1"'
        b" 200 - 5 5 1 1"
    )
    assert [row["key"] for row in read("s3-access-log", line).rows] == ["100%.txt"]


@pytest.mark.parametrize(
    "time",
    ["31/Feb/2026:00:00:00 +0000", "01/Foo/2026:00:00:00 +0000", "20/Nov/2026", "01/Jan/0001:00:00:00 +2300"],
)
def test_a_time_that_does_not_exist_is_told_with_its_line(read, time):
    line = f'o photos [{time}] - - ID REST.GET.OBJECT k "GET /k HTTP/1.1" 200 - 5 5 1 1'
    assert read("s3-access-log", line.encode()).refused[1].startswith("time:")


@given(st.text(min_size=1))
def test_whatever_an_operation_is_called_it_can_be_stored(name):
    from storekeeper.metering.importing.model import MalformedError

    try:
        found = s3_operations.api_name(name, has_key=True, uri="")
    except MalformedError:
        return
    import re

    assert re.fullmatch(r"[A-Za-z0-9:._-]{1,64}", found)


def test_an_r2_access_log(read, sample):
    found = read("r2-access-log", sample("r2_access.ndjson"), bucket="media")
    assert [(row["operation"], row["bytesIn"], row["bytesOut"], row["key"]) for row in found.rows] == [
        ("GetObject", 0, 48113, "users/ann/a.jpg"),
        ("PutObject", 1234, 0, "b.bin"),
        ("ListObjects", 0, 612, ""),
    ]
    assert found.rows[0]["time"] == datetime(2026, 11, 20, 11, 0, 38, 412_000, tzinfo=UTC)
    assert found.skipped == {"of another bucket": 1}
    assert found.refused == {5: "bytesOut: negative or too large"}


def test_an_r2_access_log_may_be_one_array(read, sample):
    array = b"[" + b",".join(sample("r2_access.ndjson").splitlines()) + b"]"
    assert len(read("r2-access-log", array, bucket="media").rows) == 3


def test_a_minio_audit_log(read, sample):
    found = read("minio-audit", sample("minio_audit.ndjson"))
    assert [(row["operation"], row["status"], row["latencyMs"]) for row in found.rows] == [
        ("PutObject", 200, 9.123456),
        ("ListObjects", 200, 1.25),
        ("GetObject", 404, 60_500),
    ]
    assert found.rows[0]["id"] == "17A1B2C3D4E5F601"
    assert found.rows[0]["bytesIn"] == 48113
    assert found.skipped == {"not a request to a bucket": 2}


def test_audit_records_that_come_alone_are_known_by_their_request(read, sample):
    line = sample("minio_audit.ndjson").splitlines()[0]
    changed = line.replace(b"MinIO (linux", b"MinIO (Linux")
    assert read("minio-audit", line, alone=True).identities == ["17A1B2C3D4E5F601"]
    assert read("minio-audit", changed, alone=True).identities == ["17A1B2C3D4E5F601"]
    assert read("minio-audit", line).identities != read("minio-audit", changed).identities
