"""kill -9 in the middle of clean-ups, again and again: the log is what is gone, nothing goes twice, nothing else goes."""

import contextlib
import os
import random
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storekeeper.kernel.clock import SystemClock
from storekeeper_client import Client
from thoroughness import KILLS, times

pytestmark = pytest.mark.slow
TESTS = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"
DEATHS = times(KILLS, 2)
OBJECTS, FILES = 30 * DEATHS, 120

# The process under test says what it does, so that it can be killed at any step of it.
PROGRAM = """
import sys, threading
from datetime import timedelta
from pathlib import Path

folder, endpoint, bucket, tests = sys.argv[1:]
sys.path.insert(0, tests)
from storekeeper.buckets.model import NewBucket
from storekeeper.cleanup.ledger import Ledger
from storekeeper.infra.jobs import ACTIVE
from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore.s3 import S3Store
from worlds.cleanup import World

class Later(SystemClock):
    def now(self):
        return SystemClock.now() + timedelta(days=100)

def say(*words):
    with lock:
        print(*words, sep="\\t", flush=True)

def telling(kind, name):
    do = getattr(kind, name)
    def tell(*arguments, **options):
        say(name, "begins")
        result = do(*arguments, **options)
        say(name, "done")
        return result
    setattr(kind, name, tell)

lock = threading.Lock()
for kind, name in ((S3Store, "remove"), (Ledger, "intend"), (Ledger, "settle")):
    telling(kind, name)
world = World(Path(folder), clock=Later())
if not world.buckets.all():
    new = NewBucket(name="photos", url=f"s3://{bucket}", endpoint=endpoint, access_key_id="a", secret_access_key="b")
    world.buckets.add(new, actor="test")
    world.policy(excluded=["tmp/keep/"], per_second=1000)
    world.confirm(world.plan())
(run,) = world.jobs.find(job="cleanup-run", statuses=ACTIVE)
world.jobs._execute_run(run.id)
done = world.cleanup.runs.get(run.id)
say("end", done.state, done.deleted, done.spared + done.gone + done.failed, done.restorable)
job = world.cleanup.restoring.start(run.id, actor="test")
sys.stdin.readline()
world.jobs._execute_run(job.id)
say("restored", world.cleanup.runs.get(run.id).restored)
world.close()
"""


def keys(store):
    found, token = set(), ""
    while True:
        page = store.list_page(token=token)
        found |= set(page.objects["key"].to_pylist())
        if not page.truncated:
            return found
        token = page.token


@pytest.mark.timeout(60 + 20 * DEATHS)
def test_in_a_bucket_with_versions_each_object_gets_exactly_one_marker(moto_s3, tmp_path):
    location = moto_s3.bucket()
    store = moto_s3.open(location)
    versioning(moto_s3, location.bucket)
    for number in range(OBJECTS):
        store.put(
            f"{('tmp', 'tmp/keep', 'other')[0 if number % 6 else number % 4 // 2 + 1]}/{number:05}", b"x"
        )
    before = keys(store)
    stay = {key for key in before if not key.startswith("tmp/") or key.startswith("tmp/keep/")}
    arguments = [sys.executable, "-c", PROGRAM, tmp_path, moto_s3.endpoint, location.bucket, TESTS]
    dice, killed_at = random.Random(20261121), []

    def start():
        return subprocess.Popen(
            [str(one) for one in arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )  # fmt: skip

    for _ in range(DEATHS):
        process = start()
        for _ in range(dice.randrange(8, 40)):
            line = process.stdout.readline()
            assert not line.startswith("end"), "it was over before it was killed"
            assert line, process.stderr.read()[-3000:]
        process.kill()
        process.communicate()
        killed_at.append(line.strip())
    last = start()
    end = next(line for line in last.stdout if line.startswith("end")).split()
    gone = before - keys(store)
    assert gone == before - stay
    assert end[1:] == ["succeeded", str(len(gone)), "0", str(len(gone))], killed_at
    assert store.list_versions().totals.delete_markers == len(gone)
    said, errors = last.communicate("\n")
    assert said.splitlines()[-1].split() == ["restored", str(len(gone))], errors[-3000:]
    assert keys(store) == before
    store.close()


def versioning(server, bucket):
    from sessions import new_session

    client = new_session().client(
        "s3", endpoint_url=server.endpoint, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
    )  # fmt: skip
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.close()


@pytest.fixture
def bucket(rclone_s3, tmp_path):
    """(server, folder) of a bucket of old files, behind a real S3 server."""
    folder = tmp_path / "buckets" / "photos"
    old = time.time() - 100 * 86400  # noqa: TID251 - files are dated by the real clock
    for number in range(FILES):
        path = (
            folder / ("tmp", "tmp/keep", "other")[0 if number % 6 else number % 4 // 2 + 1] / f"{number:05}"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * (number % 9))
        os.utime(path, (old, old))
    return rclone_s3(tmp_path / "buckets"), folder


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@contextlib.contextmanager
def serving(folder, port):
    """The real server; (process, client)."""
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
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"server exited with {process.wait(0.1)}")
        with Client(f"http://127.0.0.1:{port}") as api:
            api.sign_in("admin@localhost", PASSWORD)
            yield process, api
    finally:
        process.kill()
        process.wait(30)


@pytest.mark.timeout(240)
def test_a_server_that_is_killed_goes_on_where_it_was(bucket, tmp_path, free_port):
    server, folder = bucket
    before, port, clock = files(folder), free_port(), SystemClock()
    stay = {key for key in before if not key.startswith("tmp/") or key.startswith("tmp/keep/")}
    with serving(tmp_path, port) as (process, api):
        api.add_bucket(
            name="photos", url="s3://photos", endpoint=server.endpoint, accessKeyId=server.credentials.access_key_id,
            secretAccessKey=server.credentials.secret_access_key, scanCron="",
        )  # fmt: skip
        api.add_cleanup_policy(
            name="old", bucket="photos", prefixes=["tmp/"], excluded=["tmp/keep/"], minAgeDays=90, perSecond=30, reason="a test"
        )  # fmt: skip
        plan_id = api.plan_cleanup("old")
        while (plan := api.cleanup_plan(plan_id)).state == "planning":
            clock.sleep(0.1)
        run_id = api.confirm_cleanup(plan_id, objects=plan.objects, size=plan.bytes)
        while len(files(folder)) > len(before) - 40:
            clock.sleep(0.02)
        process.kill()
    at_death = len(files(folder))
    assert at_death > len(stay), "it was over before it was killed"
    with serving(tmp_path, port) as (_, api):
        while not (run := api.cleanup_run(run_id)).is_over:
            clock.sleep(0.1)
        log = api.cleanup_log(run_id, limit=10_000)
    gone = before - files(folder)
    assert gone == before - stay == {one.key for one in log if one.outcome == "deleted"}
    assert (run.state, run.deleted, len(log)) == ("succeeded", len(gone), len(gone))
