"""A server that can be told to fail."""

import pytest

from storekeeper_client.metering.testing import FakeIngest


@pytest.fixture
def ingest():
    with FakeIngest() as fake:
        yield fake
