import subprocess
import sys

import pytest

from storekeeper.infra.lock import DataDirectoryBusyError, DataDirectoryLock


def test_a_second_holder_is_told_who_holds_it(tmp_path):
    import os

    with (
        DataDirectoryLock(tmp_path),
        pytest.raises(DataDirectoryBusyError, match=str(os.getpid())),
        DataDirectoryLock(tmp_path),
    ):
        pass


def test_the_lock_is_free_after_kill_9(tmp_path):
    code = (
        "import sys, pathlib; from storekeeper.infra.lock import DataDirectoryLock\n"
        "lock = DataDirectoryLock(pathlib.Path(sys.argv[1])); lock.__enter__(); print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    with pytest.raises(DataDirectoryBusyError), DataDirectoryLock(tmp_path):
        pass
    process.kill()
    process.communicate()
    with DataDirectoryLock(tmp_path):
        pass
