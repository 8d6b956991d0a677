"""The demo, whole: what it found and metered is what there is and was done, and nothing is left behind."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import venv
from pathlib import Path

import pytest

from storekeeper.cli.local.demo.leftovers import clear
from storekeeper_client import Client

pytestmark = pytest.mark.slow
SHOWN = ("moto", "schemathesis", "hypothesis")


def _started_by(pid: int) -> set[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as children:  # noqa: PTH123 - procfs
        return {int(child) for child in children.read().split()}


def _is_alive(pid: int) -> bool:
    """Not gone, and not a corpse that nobody has collected yet."""
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - procfs
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Of an environment that keeps few packages itself: a demo lays out all that are there, and scans them for as long as it runs."""
    folder, rest = tmp_path_factory.mktemp("environment"), Path(sysconfig.get_paths()["purelib"])
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for package in SHOWN:
        shutil.copytree(rest / package, packages / package)
    (packages / "rest.pth").write_text(f"import site; site.addsitedir({str(rest)!r})\n")
    (folder / "bin" / "rclone").symlink_to(Path(sys.executable).with_name("rclone"))
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def running(own_environment, python):
    """For `with`: a demo that has shown what it found, its temporary files in the folder that is given."""

    @contextlib.contextmanager
    def run(folder):
        command = [python, "-m", "storekeeper", "demo", "--json", "--port", "0"]
        environment = own_environment(folder) | {"TMPDIR": str(folder)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=folder) as process:
            try:
                process.folder, process.told = folder, _told(process.stdout)
                yield process
            finally:
                process.terminate()

    return run


@pytest.fixture(scope="module")
def demo(running, tmp_path_factory):
    """One for all that look at it, until one of them kills it."""
    with running(tmp_path_factory.mktemp("demo")) as process:
        yield process


def test_once(storekeeper, environment, python, tmp_path):
    environment["TMPDIR"] = str(tmp_path)

    ran = storekeeper("demo", "--once", "--json", seconds=120, python=python)

    assert ran.status == 0, ran
    assert ran.json["ok"] is True
    assert {bucket["name"] for bucket in ran.json["buckets"]} == {"site-packages", "uploads"}
    for bucket in ran.json["buckets"]:
        assert {"objects": bucket["objects"], "bytes": bucket["bytes"]} == bucket["onDisk"]
        assert bucket["objects"] > 500
    metering = ran.json["metering"]
    assert metering["did"] == metering["stored"]
    assert sum(tally["requests"] for tally in metering["did"].values()) == metering["accepted"] >= 90
    assert ran.json["healthy"] == {"site-packages": True, "uploads": True}
    assert metering["did"]["HeadObject"]["errors"] == 15  # what is not there, and a wrong key
    assert not list(tmp_path.glob("storekeeper-demo-*"))


def test_its_applications_are_metered_while_it_runs(demo):
    with _client(demo) as client:
        assert _soon(lambda: len({each["name"] for each in _usage(client)["byOwner"]} - {""}) > 1)


def test_faults_are_survived_and_seen(demo, storekeeper, environment):
    """The applications go on, and the server hears of their errors."""
    environment["TMPDIR"] = str(demo.folder)
    with _client(demo) as client:
        assert _ended(client, "5xx") == 0
        assert storekeeper("demo", "fault", "500s", "--for", "10m", "--json").json["switches"]
        assert _soon(lambda: _ended(client, "5xx") > 5)
        before = _ended(client, "2xx")
        assert storekeeper("demo", "fault", "off", "--json").json["switches"] == []
        assert _soon(lambda: _ended(client, "2xx") > before + 20)
    assert demo.poll() is None


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere nobody tells a child that its parent was killed"
)
def test_nothing_outlives_its_being_killed(demo):
    started = _started_by(demo.pid)
    handles = [os.pidfd_open(pid) for pid in started]
    assert clear(demo.folder) == []
    demo.kill()
    for handle in handles:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        ended = poll.poll(30_000)
        os.close(handle)
        assert ended
    assert not [pid for pid in started if _is_alive(pid)]


def test_what_a_killed_demo_left_goes_with_the_next_which_ends_by_ctrl_c(demo, running):
    (left,) = demo.folder.glob("storekeeper-demo-*")
    demo.kill()
    demo.wait(30)
    with running(demo.folder) as following:
        assert not left.exists()
        assert len(list(demo.folder.glob("storekeeper-demo-*"))) == 1
        _ends(following, by=signal.SIGINT, status=0)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_it_cleans_up(running, tmp_path, by):
    with running(tmp_path) as process:
        _ends(process, by=by, status=128 + by)


def _ends(process, *, by, status):
    """It ends so, and nothing is left of it."""
    started = _started_by(process.pid)
    process.send_signal(by)
    assert process.wait(60) == status
    assert len(started) == 5  # two servers, what stands before one, two applications
    assert not [pid for pid in started if _is_alive(pid)]
    assert not list(process.folder.glob("storekeeper-demo-*"))


@contextlib.contextmanager
def _client(process):
    with Client(process.told["url"]) as client:
        client.sign_in(process.told["email"], process.told["password"])
        yield client


def _ended(client, status):
    """How many requests ended with a status of that class."""
    return sum(each["requests"] for each in _usage(client)["byStatus"] if each["name"] == status)


def _soon(holds):
    return any(holds() or threading.Event().wait(0.5) for _ in range(120))


def _usage(client):
    return client.call("GET", "/api/user/storage/usage", dict, range="1h")


def _told(stream):
    """The first JSON value of a stream that stays open."""
    text = b""
    for line in stream:
        text += line
        if line == b"}\n":
            break
    return json.loads(text)
