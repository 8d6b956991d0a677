"""Breakers of an application, and object storage that is real."""

import contextlib

import pytest
from botocore.config import Config

from sessions import new_session
from storekeeper.kernel.clock import ManualClock
from storekeeper_client.breaker import BreakerConfig, BreakerRegistry
from storekeeper_client.metering import Meter
from storekeeper_client.metering.testing import FakeIngest


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def breakers(clock):
    return BreakerRegistry(BreakerConfig(jitter=0.0), clock=clock.monotonic)


@pytest.fixture
def ingest():
    with FakeIngest() as fake:
        yield fake


@pytest.fixture
def meter(ingest):
    """One that sends only when it is flushed."""
    with Meter(ingest.url, ingest.token, background=False) as made:
        yield made


@pytest.fixture
def make_options():
    """`make_options(endpoint)`: what a client is made with."""

    def made(endpoint):
        return {
            "endpoint_url": endpoint,
            "aws_access_key_id": "AKIATESTTESTTESTTEST",
            "aws_secret_access_key": "test-secret-key-0123456789",
            "region_name": "us-east-1",
            "config": Config(
                retries={"max_attempts": 0},
                s3={"addressing_style": "path"},
                response_checksum_validation="when_required",
            ),
        }

    return made


@pytest.fixture
def make_client(make_options):
    """`make_client(endpoint)`: S3 clients of new sessions, closed in the end."""
    with contextlib.ExitStack() as clients:

        def make(endpoint="http://127.0.0.1:9"):
            client = new_session().client("s3", **make_options(endpoint))
            clients.callback(client.close)
            return client

        yield make
