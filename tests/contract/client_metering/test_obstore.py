"""obstore: what its calls stand for, checked against the requests that a real server sees."""

import asyncio
import io

import pytest
from obstore.store import LocalStore, MemoryStore, S3Store

from storekeeper_client.metering import owner

pytestmark = pytest.mark.slow  # real servers

MEGABYTE = 1 << 20


@pytest.fixture
def plain(options, bucket):
    return S3Store(
        bucket,
        endpoint=options["endpoint_url"],
        access_key_id=options["aws_access_key_id"],
        secret_access_key=options["aws_secret_access_key"],
        region="us-east-1",
        client_options={"allow_http": True},
    )


@pytest.fixture
def store(meter, plain):
    return meter.wrap_obstore(plain)


@pytest.fixture
def memory(meter):
    return meter.wrap_obstore(MemoryStore(), bucket="media")


def told(operations, *fields):
    return [tuple(getattr(operation, field) for field in fields) for operation in operations]


def test_the_bucket_is_the_stores_own(store, sent, bucket):
    with owner("ann"):
        store.put("k", b"x" * 1000)
    (put,) = sent()
    assert (put.bucket, put.operation, put.key, put.owner) == (bucket, "PutObject", "k", "ann")
    assert (put.bytes_in, put.object_size, put.latency_ms > 0) == (1000, 1000, True)


def test_bodies_count_as_they_are_read(store, sent):
    store.put("k", b"x" * 1000)
    assert bytes(store.get("k").bytes()) == b"x" * 1000
    assert sum(map(len, store.get("k").stream(100))) == 1000
    assert sum(map(len, store.get("k"))) == 1000
    result = store.get("k")
    assert result.meta["size"] == 1000
    del result
    assert told(sent(), "operation", "bytes_out", "object_size")[1:] == [
        ("GetObject", 1000, 1000),
        ("GetObject", 1000, 1000),
        ("GetObject", 1000, 1000),
        ("GetObject", 0, 1000),
    ]


def test_ranges(memory, sent):
    memory.put("k", b"0123456789")
    assert bytes(memory.get_range("k", start=2, end=5)) == b"234"
    assert [bytes(part) for part in memory.get_ranges("k", starts=[0, 5], ends=[2, 6])] == [b"01", b"5"]
    assert bytes(memory.get("k", options={"range": (0, 4)}).bytes()) == b"0123"
    assert told(sent(), "operation", "bytes_out", "object_size")[1:] == [
        ("GetObject", 3, None),
        ("GetObject", 3, None),
        ("GetObject", 4, 10),
    ]


def test_the_other_calls(store, sent, plain):
    store.put("a", b"12345")
    store.head("a")
    store.copy("a", "b")
    store.delete("a")
    store.put("c", b"1")
    store.delete(["b", "c"])
    assert told(sent(), "operation", "key") == [
        ("PutObject", "a"),
        ("HeadObject", "a"),
        ("CopyObject", "a"),
        ("DeleteObjects", "a"),
        ("PutObject", "c"),
        ("DeleteObjects", ""),
    ]
    assert store.list().collect() == []


def test_listings_count_pages(memory, sent):
    for number in range(2500):
        memory.store.put(f"{number:05d}", b"")
    assert sum(len(chunk) for chunk in memory.list(chunk_size=400)) == 2500
    assert len(memory.list().collect()) == 2500
    assert memory.list("nothing").collect() == []
    assert sum(batch.num_rows for batch in memory.list(return_arrow=True)) == 2500
    memory.list_with_delimiter()
    assert told(sent(), "operation", "key") == [
        ("ListObjectsV2", key) for key in ["", "", "", "", "", "", "nothing", *[""] * 6]
    ]


def test_a_listing_that_is_not_read_asks_for_nothing(memory, sent):
    memory.list()
    assert sent() == []


class Names(io.BytesIO):
    """A file with no other methods than a file's."""


@pytest.mark.parametrize(
    ("payload", "options", "parts"),
    [
        (b"x" * (5 * MEGABYTE), {}, []),
        (b"x" * (5 * MEGABYTE + 1), {}, [5 * MEGABYTE, 1]),
        (Names(b"x" * (12 * MEGABYTE)), {}, [5 * MEGABYTE, 5 * MEGABYTE, 2 * MEGABYTE]),
        (b"x" * (12 * MEGABYTE), {"chunk_size": 6 * MEGABYTE}, [6 * MEGABYTE, 6 * MEGABYTE]),
        (b"x" * (6 * MEGABYTE), {"use_multipart": False}, []),
        (b"x" * (6 * MEGABYTE), {"mode": "create"}, []),
        (iter([b"x" * MEGABYTE] * 6), {}, [5 * MEGABYTE, MEGABYTE]),
        (b"ten bytes.", {"use_multipart": True}, [10]),
    ],
    ids=["one", "two", "file", "chunks", "whole", "create", "stream", "forced"],
)
def test_a_put_is_what_a_real_server_sees(moto_s3, meter, sent, payload, options, parts):
    """The number of parts stands in the ETag of a multipart object."""
    location = moto_s3.bucket()
    plain = S3Store(
        location.bucket,
        endpoint=moto_s3.endpoint,
        access_key_id=moto_s3.credentials.access_key_id,
        secret_access_key=moto_s3.credentials.secret_access_key,
        region="us-east-1",
        client_options={"allow_http": True},
    )
    meter.wrap_obstore(plain).put("k", payload, **options)
    made_in, dash, number = plain.head("k")["e_tag"].strip('"').partition("-")
    assert made_in
    assert (int(number) if dash else 0) == len(parts)
    operations = sent()
    assert [o.bytes_in for o in operations if o.operation == "UploadPart"] == parts
    names = [o.operation for o in operations if o.operation != "UploadPart"]
    assert names == (["CreateMultipartUpload", "CompleteMultipartUpload"] if parts else ["PutObject"])
    assert operations[-1].object_size == plain.head("k")["size"]


def test_errors_have_a_status(store, sent):
    with pytest.raises(FileNotFoundError):
        store.get("nothing")
    with pytest.raises(FileNotFoundError):
        store.head("nothing")
    assert told(sent(), "operation", "status", "error", "key") == [
        ("GetObject", 404, "FileNotFoundError", "nothing"),
        ("HeadObject", 404, "FileNotFoundError", "nothing"),
    ]


def test_the_asynchronous_half(store, sent):
    async def use():
        await store.put_async("k", b"x" * 1000)
        first = await (await store.get_async("k")).bytes_async()
        second = [len(chunk) async for chunk in (await store.get_async("k")).stream(100)]
        await store.head_async("k")
        listed = await store.list_async().collect_async()
        pages = [len(chunk) async for chunk in store.list()]
        with pytest.raises(FileNotFoundError):
            await store.get_range_async("nothing", start=0, end=1)
        await store.delete_async(["k"])
        return len(first), sum(second), len(listed), sum(pages)

    assert asyncio.run(use()) == (1000, 1000, 1, 1)
    assert told(sent(), "operation", "status", "bytes_out") == [
        ("PutObject", 200, 0),
        ("GetObject", 200, 1000),
        ("GetObject", 200, 1000),
        ("HeadObject", 200, 0),
        ("ListObjectsV2", 200, 0),
        ("ListObjectsV2", 200, 0),
        ("GetObject", 404, 0),
        ("DeleteObjects", 200, 0),
    ]


def test_streams_are_counted_as_they_pass(memory, sent):
    async def chunks():
        for _ in range(3):
            yield b"12345"

    asyncio.run(memory.put_async("k", chunks()))
    memory.put("l", file=iter([b"123"]))
    assert told(sent(), "operation", "bytes_in") == [
        ("CreateMultipartUpload", 0),
        ("UploadPart", 15),
        ("CompleteMultipartUpload", 0),
        ("CreateMultipartUpload", 0),
        ("UploadPart", 3),
        ("CompleteMultipartUpload", 0),
    ]


def test_a_store_that_names_no_bucket_needs_one(meter, tmp_path):
    with pytest.raises(ValueError, match="bucket="):
        meter.wrap_obstore(LocalStore(tmp_path))
    wrapped = meter.wrap_obstore(LocalStore(tmp_path), bucket="exports")
    assert "LocalStore" in repr(wrapped)


def test_what_is_not_metered_is_the_stores_own(store, plain):
    assert store.config == plain.config
    with pytest.raises(AttributeError):
        _ = store.nothing
