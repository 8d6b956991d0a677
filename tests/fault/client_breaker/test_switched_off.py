"""A real server that is switched off in the middle, and on again: breakers open, hold back, find back."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
from aiobotocore.session import get_session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from obstore.store import S3Store

from sessions import new_session
from storekeeper.kernel.clock import ManualClock
from storekeeper_client.breaker import (
    BreakerConfig,
    BreakerOpenError,
    BreakerRegistry,
    GuardedBucket,
    State,
    guard,
)

pytestmark = pytest.mark.slow  # real servers

KEY, SECRET = "AKIATESTTESTTESTTEST", "test-secret-key-0123456789"
OFF = (BotoCoreError, ClientError, OSError)


class Switch:
    """`rclone serve s3` at one address, with one bucket, on and off."""

    def __init__(self, folder, port, log):
        (folder / "media").mkdir()
        (folder / "media" / "k").write_bytes(b"meow")
        self.port, self._log, self._process = port, log, None
        rclone = Path(sys.executable).parent / "rclone"
        options = ["--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}", "--config", ""]
        self._command = [str(rclone), "serve", "s3", str(folder), *options]

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def on(self):
        self._process = subprocess.Popen(self._command, stdout=self._log, stderr=self._log)
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"rclone exited with {self._process.wait(0.05)}")
        pytest.fail("rclone did not listen")

    def off(self):
        self._process.kill()
        self._process.wait()


@pytest.fixture
def server(tmp_path, free_port):
    with (tmp_path / "log").open("wb") as log:
        (tmp_path / "buckets").mkdir()
        made = Switch(tmp_path / "buckets", free_port(), log)
        made.on()
        yield made
        made.off()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def breakers(clock):
    return BreakerRegistry(BreakerConfig(jitter=0.0, half_open_permits=2), clock=clock.monotonic)


@pytest.fixture
def breaker(breakers):
    return breakers.get("media")


def options_for(server):
    return {
        "endpoint_url": server.endpoint,
        "aws_access_key_id": KEY,
        "aws_secret_access_key": SECRET,
        "region_name": "us-east-1",
    }


@pytest.fixture
def client(server):
    config = Config(
        retries={"max_attempts": 0},
        s3={"addressing_style": "path"},
        response_checksum_validation="when_required",
        max_pool_connections=20,
    )
    made = new_session().client("s3", **options_for(server), config=config)
    yield made
    made.close()


def test_the_story_of_a_bucket(server, client, breakers, breaker, clock):
    bucket, told = GuardedBucket(client, "media", breakers), []
    breaker.on_transition(told.append)
    assert bucket.get("k") == b"meow"
    server.off()
    for _ in range(3):
        with pytest.raises(OFF):
            bucket.get("k")
    with pytest.raises(BreakerOpenError) as refused:
        bucket.get("k")
    assert refused.value.retry_after == 60.0
    clock.advance(60)
    with pytest.raises(OFF):  # a trial call; the server is still off
        bucket.metadata("k")
    server.on()
    with pytest.raises(BreakerOpenError) as refused:
        bucket.metadata("k")
    assert refused.value.retry_after == 120.0
    clock.advance(120)
    assert bucket.metadata("k").size == 4
    assert bucket.get("k") == b"meow"
    assert breaker.state is State.CLOSED
    assert [each.after for each in told] == ["open", "half-open", "open", "half-open", "closed"]


class Crowd:
    """Sixteen threads that ask for an object 20 times each, and how that went."""

    def __init__(self, s3):
        self.s3, self.ends = s3, Counter()
        self._lock = threading.Lock()

    def run(self):
        threads = [threading.Thread(target=self._work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self):
        for _ in range(20):
            end = self._ask()
            with self._lock:
                self.ends[end] += 1

    def _ask(self):
        try:
            self.s3.head_object(Bucket="media", Key="k")
        except BreakerOpenError:
            return "refused"
        except OFF:
            return "sent"
        return "good"


def test_many_threads_send_next_to_nothing_to_a_dead_server(server, client, breakers, breaker, clock):
    crowd = Crowd(guard(client, breakers))
    server.off()
    crowd.run()
    assert breaker.state is State.OPEN
    assert 3 <= crowd.ends["sent"] <= 3 + 16  # those that were under way when it opened
    assert crowd.ends["sent"] + crowd.ends["refused"] == 320
    server.on()
    clock.advance(60)
    crowd.run()
    assert breaker.state is State.CLOSED
    assert crowd.ends["good"] >= 2
    assert breaker.snapshot().figures.trials == 0


def test_obstore(server, breakers, breaker, clock):
    plain = S3Store(
        "media",
        endpoint=server.endpoint,
        access_key_id=KEY,
        secret_access_key=SECRET,
        region="us-east-1",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    store = guard(plain, breakers)
    assert bytes(store.get("k").bytes()) == b"meow"
    server.off()
    for _ in range(3):
        with pytest.raises(Exception, match="error sending request"):
            store.head("k")
    with pytest.raises(BreakerOpenError):
        store.head("k")
    server.on()
    clock.advance(60)
    for _ in range(2):
        assert store.head("k")["size"] == 4
    assert breaker.state is State.CLOSED


def test_aiobotocore(server, breakers, breaker, clock):
    async def use():
        config = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
        async with get_session().create_client("s3", **options_for(server), config=config) as plain:
            s3 = guard(plain, breakers)

            async def head():
                await s3.head_object(Bucket="media", Key="k")

            await head()
            server.off()
            ends = await asyncio.gather(*(head() for _ in range(3)), return_exceptions=True)
            assert all(isinstance(end, OFF) for end in ends)
            with pytest.raises(BreakerOpenError):
                await head()
            server.on()
            clock.advance(60)
            ends = await asyncio.gather(*(head() for _ in range(5)), return_exceptions=True)
            assert [type(end) for end in ends].count(BreakerOpenError) == 3
            await head()

    asyncio.run(use())
    assert breaker.state is State.CLOSED
