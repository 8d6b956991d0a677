"""What a bucket stores beside its current objects, against a server that has such things."""

import pytest

from sessions import new_session
from storekeeper.kernel.clock import ManualClock
from storekeeper.objectstore.errors import UnsupportedError
from storekeeper.objectstore.memory import MemoryStore

PART = 5 << 20


@pytest.fixture
def bucket(moto_s3):
    """(boto3 client, bucket name, our store)"""
    location = moto_s3.bucket()
    client = new_session().client(
        "s3",
        endpoint_url=moto_s3.endpoint,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        region_name="us-east-1",
    )
    store = moto_s3.open(location)
    yield client, location.bucket, store
    store.close()
    client.close()


def begin(client, bucket, key, *sizes):
    upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    for number, size in enumerate(sizes, 1):
        client.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=b"x" * size)
    return upload


def test_unfinished_uploads_are_listed_with_the_bytes_of_their_parts(bucket):
    client, name, store = bucket
    begin(client, name, "a b/ü+.bin", PART, 123)
    begin(client, name, "empty")
    page = store.list_uploads()
    assert page.token == ""
    assert sorted((upload.key, upload.parts, upload.bytes) for upload in page.uploads) == [
        ("a b/ü+.bin", 2, PART + 123),
        ("empty", 0, 0),
    ]
    assert all(
        upload.started.tzinfo and upload.upload_id and upload.storage_class == "STANDARD"
        for upload in page.uploads
    )
    assert store.list_page().objects.num_rows == 0


def test_an_aborted_upload_is_no_longer_there(bucket):
    client, name, store = bucket
    upload = begin(client, name, "gone", 10)
    client.abort_multipart_upload(Bucket=name, Key="gone", UploadId=upload)
    assert list(store.list_uploads().uploads) == []


def test_versions_are_counted(bucket):
    client, name, store = bucket
    assert not store.is_versioned()
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    assert store.is_versioned()
    for size in (10, 200, 3000):
        store.put("a b", b"x" * size)
    store.put("deleted", b"12345")
    store.delete("deleted")
    page = store.list_versions()
    assert (page.totals.noncurrent, page.totals.noncurrent_bytes, page.totals.delete_markers) == (3, 215, 1)
    assert page.token == ""
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    assert store.is_versioned()


def test_versions_over_several_pages_are_each_counted_once(bucket):
    client, name, store = bucket
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for index in range(501):
        store.put(f"k {index:03}", b"old")
        store.put(f"k {index:03}", b"new")
    pages, token = [], ""
    while True:
        pages.append(store.list_versions(token=token))
        token = pages[-1].token
        if not token:
            break
    assert len(pages) == 2
    assert sum(page.totals.noncurrent for page in pages) == 501


def test_memory_counts_the_same():
    store = MemoryStore(ManualClock())
    store.enable_versioning()
    for size in (10, 200, 3000):
        store.put("a b", b"x" * size)
    store.put("deleted", b"12345")
    store.delete("deleted")
    totals = store.list_versions().totals
    assert (totals.noncurrent, totals.noncurrent_bytes, totals.delete_markers) == (3, 215, 1)
    store.begin_upload("up", "id", [PART, 5])
    assert [(upload.key, upload.parts, upload.bytes) for upload in store.list_uploads().uploads] == [
        ("up", 2, PART + 5)
    ]


def test_a_server_without_versions_says_so(rclone_server):
    store = rclone_server.open(rclone_server.bucket())
    assert not store.is_versioned()
    with pytest.raises(UnsupportedError):
        store.list_versions()
    store.close()


def test_memory_of_one_name_is_one_bucket():
    clock = ManualClock()
    MemoryStore.named("shared-for-test", clock).put("k", b"v")
    assert MemoryStore.named("shared-for-test", clock).get("k") == b"v"
    assert MemoryStore.named("another-for-test", clock).list_page().objects.num_rows == 0
