"""kill -9 at random moments of one scan, again and again: totals are exact, and no finished shard is listed again."""

import json
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from engines import lay_engine
from thoroughness import KILLS, times

pytestmark = pytest.mark.slow
TESTS = Path(__file__).parents[2]
IN_A_FOLDER = 1500
DEATHS = times(KILLS, 4)

# The process under test says what it does, so that it can be killed at any step of it.
PROGRAM = """
import sys, threading
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from storekeeper.buckets.model import NewBucket
from storekeeper.infra.jobs import ACTIVE
from storekeeper.objectstore.memory import MemoryStore
from worlds.inventory import ShiftedClock, World

class Telling(MemoryStore):
    def list_page(self, *, prefix="", delimiter="", start_after="", token="", limit=1000, etags=False):
        say("list", prefix, delimiter, max(start_after, token))
        threading.Event().wait(0.004)
        return super().list_page(
            prefix=prefix, delimiter=delimiter, start_after=start_after, token=token, limit=min(limit, 200), etags=etags
        )

def say(*words):
    with lock:
        print(*words, sep="\\t", flush=True)

def telling(step, do):
    def tell(*arguments, **options):
        say(step, "begins")
        result = do(*arguments, **options)
        say(step, "done")
        return result
    return tell

lock = threading.Lock()
MemoryStore._by_name["killed"] = store = Telling(ShiftedClock())
for folder in range(int(sys.argv[3])):
    for number in range(int(sys.argv[4])):
        store.place(f"d{folder:02}/{number:05}.bin", b"x" * (number % 7))
world = World(Path(sys.argv[2]), batch_rows=1000)
runner = world.inventory._runner
runner._analytics.insert = telling("insert", runner._analytics.insert)
runner._analytics.sum_up = telling("sum up", runner._analytics.sum_up)
runner._commit = telling("commit", runner._commit)
if not world.buckets.all():
    new = NewBucket(name="killed", url="memory://killed", max_concurrency=4)
    world.buckets.add(new, actor="test")
runs = world.jobs.find(statuses=ACTIVE) or [world.inventory.scans.start("killed", actor="test")]
say("ready", runs[0].id)
world.jobs._execute_run(runs[0].id)
view = world.inventory.scans.view(runs[0].id)
found = world.inventory.snapshot("killed").inventory()
row = world.engine.row("SELECT uniqExact(prefix, name) AS keys, count() AS rows FROM inventory_object")
say("end", view.status, found.objects, found.bytes, sum(g.objects for g in found.by_prefix), row["keys"], row["rows"])
world.close()
"""


class Process:
    def __init__(self, folder, folders):
        lay_engine(folder)
        arguments = [sys.executable, "-c", PROGRAM, TESTS, folder, folders, IN_A_FOLDER]
        self.process = subprocess.Popen(
            [str(argument) for argument in arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines = []

    def read(self, most):
        """Lines up to that many, or all."""
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n").split("\t"))
            if len(self.lines) >= most:
                return

    def kill(self):
        self.process.kill()
        rest, _ = self.process.communicate()
        *whole, _ = rest.split("\n")  # what was being written is cut off
        self.lines += [line.split("\t") for line in whole]

    def finish(self):
        self.read(10**9)
        _, errors = self.process.communicate()
        assert self.process.returncode == 0, errors[-3000:]
        return self.lines[-1]


def open_ranges(folder):
    """(prefix, after, until) of what is still to be listed, as the control database knows it."""
    with sqlite3.connect(f"file:{folder}/control.db?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT prefix, after, until FROM scan_shard").fetchall()
    return [tuple(column.decode() for column in row) for row in rows]


def listed_again(lines, left):
    """Requests that begin where no open range did."""
    return [
        line
        for line in lines
        if line[0] == "list"
        and not any(
            line[1].startswith(prefix) and max(line[1], line[3]) >= after for prefix, after, _ in left
        )
    ]


@pytest.mark.timeout(60 + 30 * DEATHS)
def test_kills_cost_no_object_and_no_finished_shard(tmp_path):
    folders = 12 * DEATHS  # so many that the scan outlasts them all
    dice, killed_in, left = random.Random(20261120), [], [("", "", "")]
    for _ in range(DEATHS):
        process = Process(tmp_path, folders)
        process.read(dice.randrange(60, 140))
        process.kill()
        assert ["end"] not in [line[:1] for line in process.lines], "the scan ended before it was killed"
        assert listed_again(process.lines, left) == []
        killed_in.append(process.lines[-1][0])
        left = open_ranges(tmp_path)
    last = Process(tmp_path, folders)
    total = folders * IN_A_FOLDER
    size = sum(number % 7 for number in range(IN_A_FOLDER)) * folders
    assert last.finish() == ["end", "succeeded", *map(str, (total, size, total, total, total))]
    assert listed_again(last.lines, left) == []
    assert len(left) < folders, f"kills {killed_in} came before any shard was finished; {json.dumps(left)}"


@pytest.mark.parametrize(
    "step", ["insert begins", "insert done", "commit done", "sum up begins", "sum up done"]
)
def test_a_kill_at_the_seams(tmp_path, step):
    """Between the insert and the commit, while summing up, and before the snapshot is declared complete."""
    folders = 12
    process = Process(tmp_path, folders)
    for line in iter(lambda: process.process.stdout.readline().rstrip("\n").split("\t"), [""]):
        if " ".join(line) == step:
            break
    process.kill()
    last = Process(tmp_path, folders).finish()
    total = str(folders * IN_A_FOLDER)
    assert (last[1], last[2], last[4:]) == ("succeeded", total, [total, total, total])
