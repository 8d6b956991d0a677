"""The demo, whole: what the scans found equals what lies on the disk, and nothing is left behind."""

import json
import os
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def _started_by(pid: int) -> set[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as children:  # noqa: PTH123 - procfs
        return {int(child) for child in children.read().split()}


def _is_alive(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")  # noqa: PTH110 - procfs


def test_once(storekeeper, environment, tmp_path):
    environment["TMPDIR"] = str(tmp_path)

    ran = storekeeper("demo", "--once", "--json", seconds=120)

    assert ran.status == 0, ran
    assert ran.json["ok"] is True
    assert {bucket["name"] for bucket in ran.json["buckets"]} == {"site-packages", "uploads"}
    for bucket in ran.json["buckets"]:
        assert {"objects": bucket["objects"], "bytes": bucket["bytes"]} == bucket["onDisk"]
        assert bucket["objects"] > 500
    assert not list(tmp_path.glob("storekeeper-demo-*"))


@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_cleans_up(environment, tmp_path, ends):
    command = [sys.executable, "-m", "storekeeper", "demo", "--json"]
    environment["TMPDIR"] = str(tmp_path)
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=tmp_path) as demo:
        try:
            assert _told(demo.stdout)["password"]
            servers = _started_by(demo.pid)
            demo.send_signal(ends)
            status = demo.wait(60)
        finally:
            demo.terminate()

    assert status == (0 if ends is signal.SIGINT else 128 + ends)
    assert len(servers) == 2
    assert not [pid for pid in servers if _is_alive(pid)]
    assert not list(tmp_path.glob("storekeeper-demo-*"))


def _told(stream):
    """The first JSON value of a stream that stays open."""
    text = b""
    for line in stream:
        text += line
        if line == b"}\n":
            break
    return json.loads(text)
