"""aiobotocore behind breakers, on a real server and on ones that are not there or do not answer."""

import asyncio
import socket

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import ClientError, EndpointConnectionError

from storekeeper_client.breaker import BreakerOpenError, State, guard

pytestmark = pytest.mark.filterwarnings("ignore:aiobotocore's httpx backend:DeprecationWarning")


@pytest.fixture(params=["aiohttp", "httpx"])
def run(request, make_options):
    """`run(use, endpoint, guarded)` runs `use(client)` in a loop of its own; `guarded(session or client)` is called."""
    more = {}
    if request.param == "httpx":
        from aiobotocore.httpxsession import HttpxSession

        more = {"http_session_cls": HttpxSession}
    config = AioConfig(
        retries={"max_attempts": 0},
        s3={"addressing_style": "path"},
        response_checksum_validation="when_required",
        **more,
    )

    def runner(use, endpoint, breakers, *, by_session=False):
        async def main():
            session = get_session()
            if by_session:
                guard(session, breakers)
            async with session.create_client("s3", **make_options(endpoint) | {"config": config}) as client:
                return await use(client if by_session else guard(client, breakers))

        return asyncio.run(main())

    return runner


@pytest.mark.slow
@pytest.mark.parametrize("by_session", [False, True])
def test_on_a_real_server_all_is_well(run, rclone_server, breakers, by_session):
    bucket = rclone_server.bucket().bucket

    async def use(s3):
        await s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 1000)
        with pytest.raises(ClientError):
            await s3.head_object(Bucket=bucket, Key="nothing")
        answer = await s3.get_object(Bucket=bucket, Key="k")
        async with answer["Body"] as body:
            return await body.read()

    assert run(use, rclone_server.endpoint, breakers, by_session=by_session) == b"x" * 1000
    figures = breakers.get(bucket).snapshot().figures
    assert (figures.calls, figures.failures, figures.ignored) == (2, 0, 1)


def test_a_dead_server_opens_it(run, free_port, breakers):
    async def use(s3):
        for _ in range(3):
            with pytest.raises(EndpointConnectionError):
                await s3.head_object(Bucket="media", Key="k")
        with pytest.raises(BreakerOpenError):
            await s3.head_object(Bucket="media", Key="k")

    run(use, f"http://127.0.0.1:{free_port()}", breakers)
    assert breakers.get("media").state is State.OPEN


@pytest.mark.parametrize("by_session", [False, True])
def test_tasks_that_are_cancelled_give_their_permits_back(run, breakers, clock, by_session):
    breaker = breakers.get("media")
    breaker.open()
    clock.advance(60)

    async def use(s3):
        loop = asyncio.get_running_loop()
        for _ in range(3):
            task = asyncio.create_task(s3.head_object(Bucket="media", Key="k"))
            connection, _ = await loop.sock_accept(listener)
            assert await loop.sock_recv(connection, 10)
            assert breaker.snapshot().figures.trials == 1
            with pytest.raises(BreakerOpenError):
                await s3.head_object(Bucket="media", Key="k")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            connection.close()
            assert breaker.snapshot().figures.trials == 0

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        run(use, f"http://127.0.0.1:{listener.getsockname()[1]}", breakers, by_session=by_session)
    assert breaker.state is State.HALF_OPEN
