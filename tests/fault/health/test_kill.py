"""The server dies by kill -9 in the middle of checks: nothing recorded is lost, and nothing is left in the bucket."""

import contextlib
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engines import lay_engine
from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore.probing import RESERVED_PREFIX
from storekeeper_client.breaker import State
from thoroughness import KILLS, times

pytestmark = pytest.mark.slow
DEATHS = times(KILLS, 5)
SCRIPT = Path(__file__).parent / "checking.py"


class Checker:
    """The process, started again after every death; `said` is what it wrote."""

    def __init__(self, folder, endpoint):
        lay_engine(folder)
        keys = endpoint.credentials
        self._command = [
            sys.executable, SCRIPT, folder, endpoint.url, endpoint.location.bucket, keys.access_key_id,
            keys.secret_access_key,
        ]  # fmt: skip
        self.said = []

    def start(self):
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def hear(self, rounds):
        """Read on until it recorded so many more."""
        for _ in range(rounds):
            self.said.append(self.process.stdout.readline().split())

    def kill(self):
        self.process.kill()
        rest = self.process.stdout.read()
        self.said += [line.split() for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "data"
    path.mkdir()
    return path


@pytest.mark.timeout(60 + 20 * DEATHS)
def test_debris_is_swept_and_every_recorded_check_is_kept_once(folder, endpoints, make_world):
    endpoint = endpoints.faithful()
    endpoint.proxy.faults.methods = frozenset({"GET"})  # most of a round passes while its object is there
    endpoint.proxy.faults.delay = 0.3
    checker, chance = Checker(folder, endpoint), random.Random(11)
    for _ in range(DEATHS):
        checker.start()
        checker.hear(2)
        time.sleep(chance.uniform(0.1, 0.5))  # noqa: TID251 - moments are random on purpose
        checker.kill()
    time.sleep(0.2)  # noqa: TID251 - what the server still had in its hands
    with contextlib.closing(make_world(folder, SystemClock())) as world:
        store = world.buckets.open(world.buckets.get("photos"))
        seen_debris = store.list_page(prefix=RESERVED_PREFIX).objects.num_rows
        assert seen_debris >= DEATHS // 3
        assert world.keeping.sweep(lambda **_: None) == seen_debris
        assert store.list_page(prefix=RESERVED_PREFIX).objects.num_rows == 0
        world.drain()
        found = [one.id.partition(".")[0] for one in world.health.history(limit=1000).items]
        assert len(found) < 1000
        assert {found.count(one) for one in set(found)} == {3}
        assert {said[0] for said in checker.said} <= set(found)
        assert sum(one.checks for one in world.health.metrics().totals) == len(found)


def test_a_kill_keeps_breaker_status_and_schedule(folder, endpoints, make_world):
    endpoint = endpoints.faithful()
    checker = Checker(folder, endpoint)
    checker.start()
    checker.hear(1)
    endpoint.proxy.faults.refuse = True
    while checker.said[-1][1] != "open":
        checker.hear(1)
    checker.hear(1)  # in the round in which it began to refuse, an operation may have been done already
    checker.kill()
    epoch = int(checker.said[-1][2])
    with contextlib.closing(make_world(folder, SystemClock())) as world:
        view, health = world.health.breakers.get("photos"), world.health.status("photos")
        assert (view.state, view.epoch) == (State.OPEN, epoch)
        assert 0 < (view.until - world.clock.now()).total_seconds() <= 60
        assert health.status == "unhealthy"
        assert (world.clock.now() - health.checked_at).total_seconds() < 30
        assert 0 < (health.next_check_at - world.clock.now()).total_seconds() <= 60
        assert [one.after for one in world.health.breakers.transitions().items] == [State.OPEN]
