"""What `serve` takes: time until it is healthy, memory and processor time while nothing happens.

The floor beside it is a bare interpreter that opens chDB on the same directory: less is not possible with this engine.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.harness import table, verdict

IDLE_SECONDS = 20
OPEN_CHDB = (
    "import sys, clickhouse_connect; clickhouse_connect.get_client(dsn=f'chdb:///{sys.argv[1]}/analytics')"
    ".command('SELECT 1'); print('open', flush=True); sys.stdin.read()"
)


def main():
    with tempfile.TemporaryDirectory(prefix="storekeeper-bench-") as folder:
        _served(folder, idle=0)  # the first start makes everything; the second is the usual one
        seconds, memory, busy = _served(folder, idle=IDLE_SECONDS)
        floor_seconds, floor_memory = _bare(folder)
    rows = [
        ["serve", f"{seconds:.2f} s", f"{memory / 1e6:.0f} MB", f"{busy:.1%} of a core"],
        ["chDB alone (the floor)", f"{floor_seconds:.2f} s", f"{floor_memory / 1e6:.0f} MB", "-"],
        ["ratio", f"{seconds / floor_seconds:.1f} x", f"{memory / floor_memory:.1f} x", ""],
    ]
    table(
        f"Start on a warm disk, then {IDLE_SECONDS} s idle", ["", "healthy after", "resident", "idle"], rows
    )
    return verdict(
        [
            ("healthy in less than 2 s", seconds < 2),
            ("less than 400 MiB resident while idle", memory < 400 << 20),
            ("less than 2 % of a core while idle", busy < 0.02),
        ]
    )


def _served(folder, idle):
    port = _free_port()
    command = [sys.executable, "-m", "storekeeper", "serve", "--data-dir", folder, "--port", str(port)]
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not _healthy(port):
            time.sleep(0.01)  # noqa: TID251 - a real process takes real time
        seconds = time.perf_counter() - begun
        time.sleep(5 if idle else 0)  # what start-up left over is not idling  # noqa: TID251 - a real process takes real time
        before = _cpu(process.pid)
        time.sleep(idle)  # noqa: TID251 - a real process takes real time
        busy = (_cpu(process.pid) - before) / idle if idle else 0.0
        memory = _resident(process.pid)
        process.terminate()
    return seconds, memory, busy


def _bare(folder):
    begun = time.perf_counter()
    command = [sys.executable, "-c", OPEN_CHDB, folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        seconds = time.perf_counter() - begun
        memory = _resident(process.pid)
        process.kill()
    return seconds, memory


def _healthy(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    sys.exit(main())
