"""A real server behind a proxy that can be told to misbehave."""

import pytest

from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore import NO_RETRY, WireOptions, open_store, parse_location
from storekeeper.objectstore.faulty import FaultyProxy


@pytest.fixture
def proxy(rclone_server):
    with FaultyProxy(rclone_server.endpoint) as running:
        yield running


@pytest.fixture(scope="module")
def bucket(rclone_server):
    """A bucket with five objects."""
    location = rclone_server.bucket()
    store = rclone_server.open(location)
    for index in range(5):
        store.put(f"d/k {index}", b"x" * index)
    store.close()
    return location.bucket


@pytest.fixture
def open_at(bucket, rclone_server):
    """`open_at(endpoint, …)` opens the bucket there; once and impatiently unless said otherwise."""
    opened = []

    def start(
        endpoint,
        *,
        credentials=rclone_server.credentials,
        name=bucket,
        clock=None,
        retry=NO_RETRY,
        on_retry=None,
        **options,
    ):
        options = WireOptions(**({"read_timeout": 5, "connect_timeout": 5} | options))
        store = open_store(
            parse_location(f"s3://{name}", endpoint=endpoint),
            credentials,
            clock=clock or SystemClock(),
            options=options,
            retry=retry,
            on_retry=on_retry,
        )
        opened.append(store)
        return store

    yield start
    for store in opened:
        store.close()


@pytest.fixture
def store(open_at, proxy):
    return open_at(proxy.endpoint)
