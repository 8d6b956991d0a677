"""The embedded analytics engine on a disk that is really full: a small file system in memory."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
FILLS = """
import sys, pyarrow as pa, os
from storekeeper.infra.analytics import Analytics
from storekeeper.kernel.errors import UnavailableError

engine = Analytics(f"chdb:///{sys.argv[1]}/analytics")
engine.command("CREATE TABLE filled (x String) ENGINE = MergeTree ORDER BY tuple()")
rows, stored = 1000, 0
try:
    while stored < 10**6:
        engine.insert("filled", pa.table({"x": [os.urandom(1000) for _ in range(rows)]}))
        stored += rows
except UnavailableError as error:
    print(error.detail, error.hint, sep="|")
assert engine.row("SELECT count() AS n FROM filled")["n"] == stored > 0
os.system(f"mount -o remount,size=64m {sys.argv[1]}")
engine.insert("filled", pa.table({"x": [b"y"] * rows}))
assert engine.row("SELECT count() AS n FROM filled")["n"] == stored + rows
engine.close()
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(tmp_path)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def test_a_full_disk_is_told_loses_nothing_and_passes(small_disk):
    told = subprocess.run(
        [sys.executable, "-c", FILLS, str(small_disk)], capture_output=True, text=True, check=True
    )
    detail, _, hint = told.stdout.strip().partition("|")
    assert detail == "The disk is full."
    assert hint.startswith("What is stored is safe.")
