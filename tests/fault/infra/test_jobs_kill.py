"""A process that dies by kill -9 leaves runs that the next one takes up."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import sys, threading
from storekeeper.infra.db import Database, metadata
from storekeeper.infra.jobs import ACTIVE, Job, Jobs
from storekeeper.kernel.clock import SystemClock

folder, hold = sys.argv[1], sys.argv[2] == "hold"
database = Database(f"sqlite:///{folder}/control.db")
metadata.create_all(database.engine)
jobs = Jobs(database, state_url=f"sqlite:///{folder}/jobs.db", clock=SystemClock(), poll_seconds=0.05)

def work(context, payload):
    print(f"{payload['name']} {context.attempt}\\n", end="", flush=True)  # in one piece: others print beside it
    if hold:
        threading.Event().wait(60)

jobs.register(Job(name="work", run=work))
if hold:
    jobs.launch()
    jobs.start("work", key="running", payload={"name": "running"})
    jobs.start("work", key="waiting", payload={"name": "waiting"}, delay=0.1)
    threading.Event().wait(60)
jobs._launched or jobs.launch()
pause = threading.Event()
while any(run.status in ACTIVE for run in jobs.find()):
    pause.wait(0.05)
print(sorted((run.key, run.status.value, run.attempt) for run in jobs.find()), flush=True)
jobs.close()
"""


def _killed_when(code, folder, line):
    """A process that holds its runs dies as soon as it has said that."""
    command = [sys.executable, "-c", code, folder, "hold"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert line in iter(process.stdout.readline, "")
        finally:
            process.kill()


def test_runs_under_way_and_waiting_are_taken_up(tmp_path):
    _killed_when(PROGRAM, tmp_path, "running 1\n")
    second = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path, "go"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    last = second.stdout.splitlines()[-1]
    assert "('running', 'succeeded', 2)" in last
    assert "('waiting', 'succeeded'" in last


def test_a_run_written_but_never_enqueued_is_taken_up(tmp_path):
    """The crash between the row and the workflow: `start` before `launch` leaves just the row."""
    code = PROGRAM.replace("if hold:\n    jobs.launch()", "if hold:").replace(
        'jobs.start("work", key="waiting", payload={"name": "waiting"}, delay=0.1)',
        'print("written", flush=True)',
    )
    _killed_when(code, tmp_path, "written\n")
    second = subprocess.run(
        [sys.executable, "-c", code, tmp_path, "go"], capture_output=True, text=True, timeout=60, check=True
    )
    assert second.stdout.splitlines()[-1] == "[('running', 'succeeded', 1)]"
