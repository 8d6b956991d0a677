"""Folders of demos that were killed go; all others stay."""

import json
import os
import subprocess
import sys

import pytest

from storekeeper.cli.local.demo.leftovers import clear, mark

MARKING = """
import sys
from pathlib import Path
from storekeeper.cli.local.demo.leftovers import mark
mark(Path(sys.argv[1]))
print("marked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "storekeeper-demo-abc"
    (folder / "data").mkdir(parents=True)
    return folder


@pytest.fixture
def demo(folder):
    """A process whose folder that is."""
    command = [sys.executable, "-c", MARKING, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"marked\n"
        yield process
        process.kill()


@pytest.mark.slow
def test_it_goes_when_its_process_is_gone_and_not_before(demo, folder, tmp_path):
    assert clear(tmp_path) == []
    demo.kill()
    demo.wait()
    assert clear(tmp_path) == [folder]
    assert not folder.exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells")
def test_a_process_that_is_over_but_not_collected_is_gone(demo, folder, tmp_path):
    os.kill(demo.pid, 9)
    os.waitid(os.P_PID, demo.pid, os.WEXITED | os.WNOWAIT)
    assert clear(tmp_path) == [folder]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells when a process began")
def test_another_process_of_that_number_is_another(folder, tmp_path):
    mark(folder)
    whose = json.loads((folder / "demo.json").read_bytes())
    assert (whose["pid"], clear(tmp_path)) == (os.getpid(), [])
    (folder / "demo.json").write_text(json.dumps(whose | {"started": "1"}))
    assert clear(tmp_path) == [folder]


@pytest.mark.parametrize(
    "text",
    [
        None,  # kept by --keep, or not a demo's
        "",
        "{",
        '{"pid": 999999999, "started": "1"}',
        '{"pid": 999999999, "started": "1", "namespace": "pid:[1]"}',  # of another container
        '{"pid": -1, "started": "1", "namespace": ""}',
    ],
)
def test_what_is_not_certain_stays(folder, tmp_path, text):
    if text is not None:
        (folder / "demo.json").write_text(text)
    assert clear(tmp_path) == []
    assert folder.exists()


@pytest.mark.slow
def test_a_link_and_other_folders_stay(demo, folder, tmp_path):
    elsewhere = folder.rename(tmp_path / "my-own-files")
    folder.symlink_to(elsewhere)
    demo.kill()
    demo.wait()
    assert clear(tmp_path) == []
    assert (elsewhere / "data").exists()
