"""A meter that sends to a fake of our server, and object storage that is real."""

import contextlib

import pytest
from botocore.config import Config

from sessions import new_session
from storekeeper_client.metering import Meter
from storekeeper_client.metering.testing import FakeIngest


@pytest.fixture
def ingest():
    with FakeIngest() as fake:
        yield fake


@pytest.fixture
def meter(ingest):
    """One that sends only when it is flushed."""
    with Meter(ingest.url, ingest.token, background=False, owner_pattern="users/{owner}/") as made:
        yield made


@pytest.fixture
def sent(meter, ingest):
    """`sent()` flushes and returns the operations that came since the last time."""
    seen = 0

    def flush():
        nonlocal seen
        assert meter.flush()
        new = ingest.operations[seen:]
        seen += len(new)
        return new

    return flush


@pytest.fixture(params=["rclone_server", "moto_s3"])
def s3_server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def bucket(s3_server):
    """The name of a fresh bucket."""
    return s3_server.bucket().bucket


@pytest.fixture
def instrumented(meter):
    """All of boto3 is metered for one test."""
    handle = meter.instrument_boto3()
    yield handle
    handle.undo()


@pytest.fixture
def options(s3_server):
    """What a client is made with."""
    return {
        "endpoint_url": s3_server.endpoint,
        "aws_access_key_id": s3_server.credentials.access_key_id,
        "aws_secret_access_key": s3_server.credentials.secret_access_key,
        "region_name": "us-east-1",
        "config": Config(
            retries={"max_attempts": 0},
            s3={"addressing_style": "path"},
            response_checksum_validation="when_required",  # rclone sends the whole object's sum with a range
        ),
    }


@pytest.fixture
def make_client(options):
    """`make_client(**options)`: S3 clients of new sessions, closed in the end."""
    with contextlib.ExitStack() as clients:

        def make(**more):
            client = new_session().client("s3", **options | more)
            clients.callback(client.close)
            return client

        yield make


@pytest.fixture
def s3(instrumented, make_client):
    return make_client()
