"""The everyday operations on a real server."""

import io

import pytest
from botocore.exceptions import ClientError

from storekeeper_client.breaker import BreakerOpenError, GuardedBucket

pytestmark = pytest.mark.slow  # real servers


@pytest.fixture(params=["rclone_server", "moto_s3"])
def bucket(request, make_client, breakers):
    server = request.getfixturevalue(request.param)
    return GuardedBucket(make_client(server.endpoint), server.bucket().bucket, breakers)


def test_what_is_saved_can_be_got_listed_and_deleted(bucket):
    etag = bucket.save("a/cat.txt", b"meow", content_type="text/plain", user={"owner": "ann"})
    bucket.save("a/dog.bin", io.BytesIO(b"woof!"))
    assert bucket.get("a/cat.txt") == b"meow"
    known = bucket.metadata("a/cat.txt")
    assert (known.key, known.size, known.content_type) == ("a/cat.txt", 4, "text/plain")
    assert (known.etag, known.user) == (etag, {"owner": "ann"})
    assert [(each.key, each.size) for each in bucket.list("a/")] == [("a/cat.txt", 4), ("a/dog.bin", 5)]
    assert list(bucket.list("b/")) == []
    bucket.delete("a/cat.txt")
    bucket.delete("a/cat.txt")
    assert [each.key for each in bucket.list()] == ["a/dog.bin"]


def test_what_is_not_there_is_the_callers_fault(bucket):
    for _ in range(5):
        with pytest.raises(ClientError):
            bucket.get("nothing")
    figures = bucket.breaker.snapshot().figures
    assert (figures.failures, figures.ignored) == (0, 5)


def test_all_are_refused_while_it_is_open(bucket):
    bucket.breaker.open("not now")
    calls = [
        lambda: bucket.save("k", b""),
        lambda: bucket.get("k"),
        lambda: next(bucket.list()),
        lambda: bucket.metadata("k"),
        lambda: bucket.delete("k"),
    ]
    for call in calls:
        with pytest.raises(BreakerOpenError, match="not now"):
            call()
