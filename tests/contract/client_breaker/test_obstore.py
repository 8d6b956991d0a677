"""obstore behind breakers, on a real server and on one that is not there."""

import asyncio
from datetime import timedelta

import pytest
from obstore.store import LocalStore, MemoryStore, S3Store

from storekeeper_client.breaker import BreakerOpenError, State, guard


def store_at(endpoint, bucket="media"):
    return S3Store(
        bucket,
        endpoint=endpoint,
        access_key_id="AKIATESTTESTTESTTEST",
        secret_access_key="test-secret-key-0123456789",
        region="us-east-1",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=1)},
    )


@pytest.fixture
def dead(free_port, breakers):
    """A store at an address where nobody listens, guarded."""
    return guard(store_at(f"http://127.0.0.1:{free_port()}"), breakers)


@pytest.fixture
def memory(breakers):
    return guard(MemoryStore(), breakers, bucket="media")


@pytest.fixture
def breaker(breakers):
    return breakers.get("media")


CALLS = [
    lambda store: store.get("k"),
    lambda store: store.head("k"),
    lambda store: store.put("k", b"x"),
    lambda store: store.delete(["k"]),
    lambda store: store.copy("k", "l"),
    lambda store: next(iter(store.list())),
    lambda store: store.list().collect(),
    lambda store: store.list_with_delimiter(),
    lambda store: store.get_range("k", start=0, length=1),
    lambda store: asyncio.run(awaited(store.get_async, "k")),
    lambda store: asyncio.run(awaited(store.list().collect_async)),
    lambda store: asyncio.run(awaited(lambda: anext(aiter(store.list())))),
]


async def awaited(method, *args):
    return await method(*args)


@pytest.mark.parametrize("call", CALLS)
def test_every_method_is_guarded(dead, breaker, call):
    for _ in range(3):
        with pytest.raises(Exception, match="error sending request"):
            call(dead)
    with pytest.raises(BreakerOpenError, match="3 calls in a row failed, the last by a failed connection"):
        call(dead)
    assert breaker.snapshot().figures.failures == 3


@pytest.mark.slow
def test_on_a_real_server_all_is_well(rclone_server, breakers):
    bucket = rclone_server.bucket().bucket
    store = guard(store_at(rclone_server.endpoint, bucket), breakers)
    store.put("k", b"x" * 1000)
    assert bytes(store.get("k").bytes()) == b"x" * 1000
    assert [each["path"] for each in store.list().collect()] == ["k"]
    assert store.head("k")["size"] == 1000
    with pytest.raises(FileNotFoundError):
        store.get("nothing")
    store.delete("k")
    figures = breakers.get(bucket).snapshot().figures
    assert (figures.calls, figures.failures, figures.ignored) == (5, 0, 1)


def test_a_listing_votes_once(memory, breaker):
    for number in range(120):
        memory.store.put(f"{number}", b"")
    assert sum(len(chunk) for chunk in memory.list(chunk_size=50)) == 120

    async def asynchronously():
        return sum([len(chunk) async for chunk in memory.list(chunk_size=50)])

    assert asyncio.run(asynchronously()) == 120
    assert breaker.snapshot().figures.calls == 2


def test_only_what_tells_of_the_storage_can_be_slow(breakers, breaker, clock):
    class Slow:
        def __init__(self):
            self.config = {"bucket": "media"}

        def put(self, path, file):
            clock.advance(3)

        get = head = list = delete = copy = put

    store = guard(Slow(), breakers)
    store.put("k", b"x")
    assert breaker.snapshot().figures.slow == 1
    store.put("k", b"x" * (1 << 21))
    store.put("k", iter([b"x"]))
    store.copy("k", "l")
    assert breaker.snapshot().figures.slow == 1


def test_a_task_that_is_cancelled_gives_its_permit_back(breakers, breaker, clock):
    class Waiting:
        async def get_async(self, path):
            await asyncio.get_running_loop().create_future()

        get = put = head = list = delete = get_async

    store = guard(Waiting(), breakers, bucket="media")
    breaker.open()
    clock.advance(60)

    async def use():
        task = asyncio.create_task(store.get_async("k"))
        await asyncio.sleep(0)
        assert breaker.snapshot().figures.trials == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(use())
    assert (breaker.state, breaker.snapshot().figures.trials) == (State.HALF_OPEN, 0)


@pytest.mark.parametrize("order", ["meter-inside", "breaker-inside"])
def test_a_meter_and_breakers_go_together(breakers, breaker, meter, ingest, order):
    if order == "meter-inside":
        store = guard(meter.wrap_obstore(MemoryStore(), bucket="media"), breakers, bucket="media")
    else:
        store = meter.wrap_obstore(guard(MemoryStore(), breakers, bucket="media"), bucket="media")
    store.put("k", b"12345")
    assert bytes(store.get("k").bytes()) == b"12345"
    assert len(store.list().collect()) == 1
    breaker.open()
    for call in CALLS:
        with pytest.raises(BreakerOpenError):
            call(store)
    with pytest.raises(BreakerOpenError), meter.measure("GetObject", "media"):
        breaker.acquire()
    assert meter.flush()
    assert [operation.operation for operation in ingest.operations] == [
        "PutObject",
        "GetObject",
        "ListObjectsV2",
    ]
    assert {operation.status for operation in ingest.operations} == {200}


def test_a_store_that_names_no_bucket_needs_one(breakers, tmp_path):
    with pytest.raises(ValueError, match="bucket="):
        guard(LocalStore(tmp_path), breakers)
    assert "LocalStore" in repr(guard(LocalStore(tmp_path), breakers, bucket="exports"))


def test_what_is_not_guarded_is_the_stores_own(breakers):
    store = guard(store_at("http://127.0.0.1:9"), breakers)
    assert store.config["bucket"] == "media"
    with pytest.raises(AttributeError):
        _ = store.nothing
