"""A meter that sends to a fake of our server, and object storage that is real."""

import boto3
import pytest
from botocore.config import Config

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


def client_options(server, **config):
    return {
        "endpoint_url": server.endpoint,
        "aws_access_key_id": server.credentials.access_key_id,
        "aws_secret_access_key": server.credentials.secret_access_key,
        "region_name": "us-east-1",
        "config": Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}, **config),
    }


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
    """What a client or resource is made with."""
    return client_options(s3_server)


@pytest.fixture
def s3(instrumented, options):
    client = boto3.session.Session().client("s3", **options)
    yield client
    client.close()
