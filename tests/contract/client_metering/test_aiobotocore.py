"""aiobotocore on real servers: the same operations as boto3's, from an event loop."""

import asyncio

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import ClientError

from storekeeper_client.metering import owner

pytestmark = [
    pytest.mark.slow,  # real servers
    pytest.mark.filterwarnings("ignore:aiobotocore's httpx backend:DeprecationWarning"),
]


@pytest.fixture(params=["aiohttp", "httpx"])
def run(request, meter, options):
    """`run(use)` runs `use(client)` in a loop of its own."""
    if request.param == "httpx":
        from aiobotocore.httpxsession import HttpxSession

        more = {"http_session_cls": HttpxSession}
    else:
        more = {}
    config = AioConfig(
        retries={"max_attempts": 0},
        s3={"addressing_style": "path"},
        response_checksum_validation="when_required",
        **more,
    )

    def runner(use):
        async def main():
            session = get_session()
            meter.instrument_aiobotocore(session)
            async with session.create_client("s3", **options | {"config": config}) as client:
                return await use(client)

        return asyncio.run(main())

    return runner


def told(operations):
    return [(o.operation, o.status, o.bytes_in, o.bytes_out, o.owner) for o in operations]


def test_puts_gets_and_lists(run, bucket, sent):
    async def use(s3):
        with owner("ann"):
            await s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 1000)
            response = await s3.get_object(Bucket=bucket, Key="k")
        async with response["Body"] as body:
            return await body.read()

    assert run(use) == b"x" * 1000
    assert told(sent()) == [("PutObject", 200, 1000, 0, "ann"), ("GetObject", 200, 0, 1000, "ann")]


def test_bodies_in_chunks_and_in_part(run, bucket, sent):
    async def use(s3):
        await s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 1000)
        response = await s3.get_object(Bucket=bucket, Key="k")
        chunks = [chunk async for chunk in response["Body"].iter_chunks(300)]
        part = await s3.get_object(Bucket=bucket, Key="k")
        async with part["Body"] as body:
            await body.read(100)
        return chunks

    assert b"".join(run(use)) == b"x" * 1000
    got = [operation for operation in sent() if operation.operation == "GetObject"]
    assert got[0].bytes_out == 1000
    assert 100 <= got[1].bytes_out <= 1000  # httpx hands on whole network chunks


def test_errors(run, bucket, sent):
    async def use(s3):
        with pytest.raises(ClientError):
            await s3.get_object(Bucket=bucket, Key="nothing")

    run(use)
    (operation,) = sent()
    assert (operation.status, operation.error) == (404, "NoSuchKey")


def test_owners_do_not_mix_between_tasks(run, bucket, sent):
    async def use(s3):
        async def put(name):
            with owner(name):
                await asyncio.sleep(0)
                await s3.put_object(Bucket=bucket, Key=name, Body=b"x")

        await asyncio.gather(*(put(f"owner-{number}") for number in range(10)))

    run(use)
    assert all(operation.owner == operation.key for operation in sent())
