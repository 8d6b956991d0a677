"""Many writers at once on a real server: what is granted never passes the limit, and nearly all of it can be used."""

import asyncio
import contextlib
import os
import random
import socket
import subprocess
import sys
import threading
import time

import pytest

from storekeeper_client import Client
from storekeeper_client.quotas import QuotaGuard, Quotas

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery staple"
WRITERS, GUARDS = 64, 8
LIMIT = 400_000_000


@pytest.fixture(scope="module")
def site(free_port, tmp_path_factory):
    """(URL, key of an application, the administrator's client) of a server of its own process."""
    port, folder = free_port(), tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "storekeeper",
        "serve",
        "--data-dir",
        str(folder / "data"),
        "--port",
        str(port),
    ]
    environment = dict(os.environ) | {"STOREKEEPER_ADMIN_PASSWORD": PASSWORD}  # noqa: TID251 - handed on
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"server exited with {process.wait(0.05)}")
        with Client(f"http://127.0.0.1:{port}") as api:
            api.sign_in("admin@localhost", PASSWORD)
            for name in ("photos", "logs"):
                api.add_bucket(name=name, url=f"memory://{name}", scanCron="")
            yield api.url, api.create_token("application", scopes=["ingest"]).secret, api
    finally:
        process.terminate()
        process.wait(30)


def limit(api, owner, measure="bytes", amount=LIMIT, bucket=""):
    fields = {"owner": owner, "bucket": bucket, "measure": measure, "limit": amount, "reason": "a test"}
    return Quotas(api).add(**fields)


def write_all(guards, owner, *, seconds=60):
    """Each writer writes until it is refused for good; the sizes that were granted."""
    granted, start = [], threading.Barrier(WRITERS)
    end = time.monotonic() + seconds  # noqa: TID251 - the server runs by the real clock

    def write(number):
        chance, guard, refusals = random.Random(number), guards[number % len(guards)], 0
        start.wait()
        while refusals < 3 and time.monotonic() < end:  # noqa: TID251 - see above
            size = chance.choice((1000, 50_000, 700_000, 3_000_000))
            ruling = guard.may_write(owner, chance.choice(("photos", "logs")), size)
            assert ruling.informed, ruling.reason
            if ruling:
                granted.append(size)
            refusals += not ruling

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return granted


def test_64_writers_never_pass_a_hard_limit(site):
    url, key, api = site
    limit(api, "ann")
    with contextlib.ExitStack() as stack:
        guards = [stack.enter_context(QuotaGuard(url, key, fail="closed", timeout=30)) for _ in range(GUARDS)]
        granted = write_all(guards, "ann")
    assert len(granted) > 2 * WRITERS
    assert sum(granted) <= LIMIT  # the slack of guards that ask is 0
    assert sum(granted) > 0.8 * LIMIT
    left = Quotas(api).look("ann", "photos", LIMIT - sum(granted))
    assert (left.allowed, left.remaining_bytes) == (
        True,
        LIMIT - sum(granted),
    )  # all that was leased came back


def test_as_many_objects_as_are_allowed(site):
    url, key, api = site
    limit(api, "bob", "objects", 500)
    with contextlib.ExitStack() as stack:
        guards = [stack.enter_context(QuotaGuard(url, key, fail="closed", timeout=30)) for _ in range(GUARDS)]
        granted = write_all(guards, "bob")
    assert 400 < len(granted) <= 500


def test_writers_of_one_event_loop(site):
    url, key, api = site
    limit(api, "eve", amount=1_000_000)

    async def write(guard):
        return [bool(await guard.may_write_async("eve", "photos", 5000)) for _ in range(20)]

    async def all_of_them():
        return await asyncio.gather(*(write(guard) for _ in range(WRITERS)))

    with QuotaGuard(url, key, fail="closed", timeout=30) as guard:
        granted = sum(sum(one) for one in asyncio.run(all_of_them()))
    assert granted == 200


def test_where_nothing_is_limited_all_pass_without_asking_each_time(site):
    url, key, _ = site
    with QuotaGuard(url, key, fail="closed", timeout=30) as guard:
        assert guard.may_write("nobody", "photos", 10**15)
        begun = time.perf_counter()
        for _ in range(10_000):
            assert guard.may_write("nobody", "photos", 10**15)
        assert (time.perf_counter() - begun) / 10_000 < 0.001


def test_a_write_that_failed_is_given_back(site):
    url, key, api = site
    limit(api, "kim", amount=1000)
    with QuotaGuard(url, key, fail="closed", timeout=30) as guard:
        with pytest.raises(OSError, match="gone"), guard.writing("kim", "photos", 900):
            raise OSError("gone")
        with guard.writing("kim", "photos", 1000) as ruling:
            assert ruling.informed
        assert not guard.may_write("kim", "photos", 1)
        assert guard.may_delete("kim", "photos")
