"""boto3 on real servers: every request that was answered is one operation, with the bytes that went over the wire."""

import gc
import io

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, EndpointConnectionError

from sessions import new_session
from storekeeper_client.metering import owner

pytestmark = pytest.mark.slow  # real servers

MEGABYTE = 1 << 20


class Empty(io.BytesIO):
    """The body of an answer that was made up."""

    def stream(self, **_):
        yield b""


def told(operations, *fields):
    return [tuple(getattr(operation, field) for field in fields) for operation in operations]


def test_a_put_and_a_get(s3, bucket, sent):
    s3.put_object(Bucket=bucket, Key="users/ann/cat.jpg", Body=b"x" * 1000)
    (put,) = sent()
    assert (put.operation, put.status, put.bytes_in, put.object_size) == ("PutObject", 200, 1000, 1000)
    assert (put.bucket, put.key, put.owner) == (bucket, "users/ann/cat.jpg", "ann")
    assert put.latency_ms > 0
    assert s3.get_object(Bucket=bucket, Key="users/ann/cat.jpg")["Body"].read() == b"x" * 1000
    (get,) = sent()
    assert (get.operation, get.status, get.bytes_out, get.object_size) == ("GetObject", 200, 1000, 1000)


def test_a_body_counts_when_it_is_read_and_as_far(s3, bucket, sent):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 1000)
    body = s3.get_object(Bucket=bucket, Key="k")["Body"]
    assert told(sent(), "operation") == [("PutObject",)]
    body.read(100)
    body.close()
    assert told(sent(), "operation", "bytes_out", "object_size") == [("GetObject", 100, 1000)]


@pytest.mark.parametrize(
    "read",
    [
        lambda body: b"".join(body.iter_chunks(7)),
        lambda body: b"".join(line + b"\n" for line in body.iter_lines()),
        lambda body: b"".join(iter(lambda: body.read(64), b"")),
        lambda body: b"".join(body.readlines()),
    ],
)
def test_a_body_may_be_read_in_every_way(s3, bucket, sent, read):
    content = b"twelve bytes" * 20 + b"\n"
    s3.put_object(Bucket=bucket, Key="k", Body=content)
    assert read(s3.get_object(Bucket=bucket, Key="k")["Body"]) == content
    assert told(sent(), "operation", "bytes_out")[1:] == [("GetObject", len(content))]


def test_a_body_as_context_manager_and_one_that_is_forgotten(s3, bucket, sent):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 1000)
    with s3.get_object(Bucket=bucket, Key="k")["Body"] as stream:
        stream.read(10)
    response = s3.get_object(Bucket=bucket, Key="k")
    response["Body"].read(20)
    del response
    gc.collect()  # botocore's own references
    assert told(sent(), "operation", "bytes_out")[1:] == [("GetObject", 10), ("GetObject", 20)]


def test_ranges_and_empty_objects(s3, bucket, sent):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 1000)
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    s3.get_object(Bucket=bucket, Key="k", Range="bytes=0-99")["Body"].read()
    body = s3.get_object(Bucket=bucket, Key="empty")["Body"]
    assert told(sent(), "bytes_out", "object_size")[2:] == [(100, 1000), (0, 0)]
    assert body.read() == b""


def test_what_is_listed_headed_and_deleted(s3, bucket, sent):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 10)
    s3.head_object(Bucket=bucket, Key="k")
    list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket))
    s3.delete_object(Bucket=bucket, Key="k")
    operations = sent()
    assert [operation.operation for operation in operations] == [
        "PutObject",
        "HeadObject",
        "ListObjectsV2",
        "DeleteObject",
    ]
    assert (operations[1].object_size, operations[1].bytes_out) == (10, 0)
    assert operations[2].bytes_out > 100  # the listing itself is sent out, too


def test_errors_have_their_status_and_code(s3, bucket, sent):
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="nothing")
    assert told(sent(), "operation", "status", "error", "key") == [("GetObject", 404, "NoSuchKey", "nothing")]


def test_every_attempt_with_an_answer_counts(make_client, bucket, meter, sent):
    client = make_client()
    meter.instrument_botocore_client(client)
    busy = [503, 503]

    def answer(request, **_):
        return AWSResponse(request.url, busy.pop(), {}, Empty()) if busy else None

    client.meta.events.register("before-send.s3", answer)
    client.meta.events.register("needs-retry.s3", lambda attempts, **_: 0 if attempts <= 2 else None)
    client.list_objects_v2(Bucket=bucket)
    assert told(sent(), "operation", "status") == [
        ("ListObjectsV2", 503),
        ("ListObjectsV2", 503),
        ("ListObjectsV2", 200),
    ]


def test_an_attempt_without_answer_is_counted_as_such(instrumented, make_client, free_port, meter, sent):
    client = make_client(endpoint_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(EndpointConnectionError):
        client.list_objects_v2(Bucket="media")
    assert (sent(), meter.stats().unanswered) == ([], 1)


def test_files_are_measured_without_being_read(s3, bucket, sent, tmp_path):
    (tmp_path / "file").write_bytes(b"x" * 3000)
    with (tmp_path / "file").open("rb") as file:
        file.seek(1000)
        s3.put_object(Bucket=bucket, Key="k", Body=file)
    assert told(sent(), "operation", "bytes_in") == [("PutObject", 2000)]


def test_transfers_count_each_part_and_keep_the_owner(s3, bucket, sent):
    content = bytes(range(256)) * (6 * MEGABYTE // 256)
    config = TransferConfig(multipart_threshold=5 * MEGABYTE, multipart_chunksize=5 * MEGABYTE)
    with owner("bob"):
        s3.upload_fileobj(io.BytesIO(content), bucket, "big", Config=config)
    operations = sent()
    assert sorted(told(operations, "operation", "bytes_in", "owner"))[1:] == [
        ("CreateMultipartUpload", 0, "bob"),
        ("UploadPart", MEGABYTE, "bob"),
        ("UploadPart", 5 * MEGABYTE, "bob"),
    ]
    back = io.BytesIO()
    s3.download_fileobj(bucket, "big", back, Config=config)
    assert back.getvalue() == content
    operations = [operation for operation in sent() if operation.operation == "GetObject"]
    assert sum(operation.bytes_out for operation in operations) == len(content)
    assert {operation.owner for operation in operations} == {""}


def test_resources_are_covered(instrumented, options, bucket, sent):
    resource = new_session().resource("s3", **options)
    resource.Object(bucket, "k").put(Body=b"12345")
    resource.meta.client.close()
    assert told(sent(), "operation", "bytes_in") == [("PutObject", 5)]


def test_nothing_is_counted_twice(s3, bucket, meter, sent):
    meter.instrument_botocore_client(s3)
    meter.instrument_botocore_client(s3)
    s3.list_objects_v2(Bucket=bucket)
    assert len(sent()) == 1


def test_two_instrumentations_of_one_meter_are_one(instrumented, make_client, bucket, meter, sent):
    with_second = meter.instrument_boto3()
    make_client().list_objects_v2(Bucket=bucket)
    with_second.undo()
    assert len(sent()) == 1


def test_undone_is_undone_and_may_be_done_again(s3, bucket, instrumented, meter, sent, make_client):
    instrumented.undo()
    instrumented.undo()
    s3.list_objects_v2(Bucket=bucket)
    make_client().list_objects_v2(Bucket=bucket)
    assert sent() == []
    meter.instrument_botocore_client(s3)
    s3.list_objects_v2(Bucket=bucket)
    assert len(sent()) == 1


def test_a_call_that_is_under_way_when_it_is_undone_is_recorded_to_its_end(make_client, bucket, meter, sent):
    client = make_client()
    handle = meter.instrument_botocore_client(client)
    busy = [503]

    def answer(request, **_):
        handle.undo()
        return AWSResponse(request.url, busy.pop(), {}, Empty()) if busy else None

    client.meta.events.register("before-send.s3", answer)
    client.meta.events.register("needs-retry.s3", lambda attempts, **_: 0 if attempts == 1 else None)
    client.list_objects_v2(Bucket=bucket)
    client.list_objects_v2(Bucket=bucket)
    assert told(sent(), "status") == [(503,), (200,)]


def test_other_services_and_calls_without_a_bucket_are_left_out(s3, sent):
    other = new_session().client("sqs", region_name="us-east-1")
    assert "storekeeper" not in str(other.meta.events._emitter._unique_id_handlers)
    assert "storekeeper" in str(s3.meta.events._emitter._unique_id_handlers)
    other.close()
    s3.list_buckets()
    s3.generate_presigned_url("get_object", {"Bucket": "media", "Key": "k"})
    assert sent() == []


def test_a_fault_of_the_meter_does_not_reach_the_program(s3, bucket, meter, sent, caplog):
    class Broken:
        def now(self):
            raise RuntimeError("the clock fell down")

        monotonic = now

    meter.clock, real = Broken(), meter.clock
    meter.instrument_botocore_client(s3)
    meter.clock = real
    assert s3.list_objects_v2(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert sent() == []
    assert "metering failed" in caplog.text
