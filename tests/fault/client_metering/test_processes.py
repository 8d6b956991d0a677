"""Ends and forks of real processes."""

import signal
import subprocess
import sys
import textwrap

import pytest

from storekeeper_client.metering import Meter
from storekeeper_client.metering.testing import FakeIngest

pytestmark = pytest.mark.slow

PROGRAM = """
import os, signal, sys
from storekeeper_client.metering import Meter, Operation

url, token, folder = sys.argv[1:]

def record(meter, name, count=1):
    for number in range(count):
        meter.record(Operation(time=0, bucket="media", operation="GetObject", status=200, id=f"{name}-{number}"))
"""


def run(ingest, tmp_path, program, *, timeout=30):
    command = [
        sys.executable,
        "-c",
        PROGRAM + textwrap.dedent(program),
        ingest.url,
        ingest.token,
        str(tmp_path),
    ]
    return subprocess.run(command, timeout=timeout, capture_output=True, text=True, check=False)


def ids(ingest):
    return sorted(operation.id for operation in ingest.operations)


def test_what_is_recorded_is_sent_at_exit(ingest, tmp_path):
    done = run(ingest, tmp_path, "record(Meter(url, token), 'a', 120)")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(ingest.operations) == 120


@pytest.mark.parametrize("ending", ["raise SystemExit(3)", "raise ValueError"])
def test_also_when_the_program_fails(ingest, tmp_path, ending):
    assert run(ingest, tmp_path, f"record(Meter(url, token), 'a')\n{ending}").returncode != 0
    assert ids(ingest) == ["a-0"]


def test_a_hanging_server_does_not_keep_the_program_from_ending(ingest, tmp_path):
    ingest.hold()
    done = run(
        ingest, tmp_path, "record(Meter(url, token, exit_timeout=0.2, spill_dir=folder), 'a')", timeout=9
    )
    assert done.returncode == 0
    ingest.release()
    with Meter(ingest.url, ingest.token, spill_dir=tmp_path) as meter:
        assert meter.flush()
    assert ids(ingest) == ["a-0"]


def test_without_a_disk_the_end_says_what_is_lost(ingest, tmp_path):
    ingest.go_away()
    done = run(ingest, tmp_path, "record(Meter(url, token, exit_timeout=0.1), 'a', 7)")
    assert done.returncode == 0
    assert "7 operations lost" in done.stderr


def test_parent_and_children_each_send_their_own(ingest, tmp_path):
    done = run(
        ingest,
        tmp_path,
        """
        meter = Meter(url, token, spill_dir=folder)
        record(meter, "parent-before", 20)
        children = []
        for number in range(3):
            pid = os.fork()
            if pid == 0:
                assert meter.stats().recorded == 0
                record(meter, f"child-{number}", 30)
                meter.flush()
                os._exit(0)
            children.append(pid)
        record(meter, "parent-after", 20)
        for pid in children:
            assert os.waitpid(pid, 0)[1] == 0
        """,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(ids(ingest)) == len(set(ids(ingest))) == 130
    assert {name.rpartition("-")[0] for name in ids(ingest)} == {
        "parent-before",
        "parent-after",
        *(f"child-{number}" for number in range(3)),
    }


def test_children_of_multiprocessing_send_at_their_end(ingest, tmp_path):
    done = run(
        ingest,
        tmp_path,
        """
        import multiprocessing
        fork = multiprocessing.get_context("fork")
        meter = Meter(url, token)
        def work(name):
            record(meter, name, 3)
        children = [fork.Process(target=work, args=(f"child-{number}",)) for number in range(3)]
        for child in children:
            child.start()
        for child in children:
            child.join()
        with fork.Pool(2) as pool:
            pool.map(work, [f"task-{number}" for number in range(10)])
            pool.close()
            pool.join()
        """,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(ids(ingest)) == len(set(ids(ingest))) == 39


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_so_do_those_that_make_their_own_meter(ingest, tmp_path, method):
    script = tmp_path / "program.py"
    script.write_text(
        f"""
import multiprocessing
from storekeeper_client.metering import Meter, Operation


def work(number):
    meter = Meter({ingest.url!r}, {ingest.token!r})
    meter.record(Operation(time=0, bucket="media", operation="GetObject", status=200, id=str(number)))


if __name__ == "__main__":
    child = multiprocessing.get_context({method!r}).Process(target=work, args=(1,))
    child.start()
    child.join()
"""
    )
    done = subprocess.run([sys.executable, script], timeout=60, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert ids(ingest) == ["1"]


def test_a_fork_while_other_threads_record_and_send(ingest, tmp_path):
    done = run(
        ingest,
        tmp_path,
        """
        import threading
        meter = Meter(url, token, batch_size=5, max_queue=100_000)
        threads = [threading.Thread(target=record, args=(meter, f"thread-{n}", 2000)) for n in range(3)]
        for thread in threads:
            thread.start()
        for number in range(5):
            pid = os.fork()
            if pid == 0:
                record(meter, f"child-{number}", 11)
                os._exit(0 if meter.flush(20) else 1)
            assert os.waitpid(pid, 0)[1] == 0
        for thread in threads:
            thread.join()
        assert meter.flush(20)
        """,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(ids(ingest)) == len(set(ids(ingest))) == 6055


def test_a_body_that_is_open_during_a_fork_belongs_to_the_parent(ingest, tmp_path):
    done = run(
        ingest,
        tmp_path,
        """
        from obstore.store import MemoryStore
        meter = Meter(url, token)
        store = meter.wrap_obstore(MemoryStore(), bucket="media")
        store.store.put("k", b"12345")
        result = store.get("k")
        if os.fork() == 0:
            result.bytes()
            meter.flush()
            os._exit(0)
        os.wait()
        result.bytes()
        """,
    )
    assert done.returncode == 0
    assert [operation.bytes_out for operation in ingest.operations] == [5]


def test_kill_loses_no_more_than_what_was_in_memory(tmp_path):
    with FakeIngest() as away:
        away.go_away()
        done = run(
            away,
            tmp_path,
            """
            meter = Meter(url, token, batch_size=10, spill_dir=folder)
            record(meter, "a", 200)
            while meter.stats().spilled < 150:
                pass
            os.kill(os.getpid(), signal.SIGKILL)
            """,
        )
    assert done.returncode == -signal.SIGKILL
    with FakeIngest() as back, Meter(back.url, back.token, spill_dir=tmp_path) as meter:
        assert meter.flush()
        assert meter.stats().recovered >= 150
        assert len(ids(back)) == len(set(ids(back))) == meter.stats().recovered


def test_importing_loads_no_storage_library(ingest, tmp_path):
    done = run(
        ingest,
        tmp_path,
        """
        loaded = {name.partition(".")[0] for name in sys.modules}
        assert not loaded & {"botocore", "boto3", "aiobotocore", "obstore", "s3transfer", "storekeeper_server"}, loaded
        assert not any(name.startswith("storekeeper.") and not name.startswith("storekeeper.kernel") for name in sys.modules)
        import storekeeper_client.api
        """,
    )
    assert (done.returncode, done.stderr) == (0, "")
