"""Five hundred buckets checked every 30 seconds: how late rounds begin, how many are missed, what it takes of a core.

A local `rclone serve s3` answers, in a process of its own. `python -m benchmarks.bench_health 10` watches for ten minutes
instead of two.
"""

import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.harness import BIN, add_bucket, storekeeper, table, verdict, version
from benchmarks.servers import CREDENTIALS, rclone

BUCKETS, INTERVAL = 500, 30
MINUTES = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0


def main():
    pause = threading.Event()
    with tempfile.TemporaryDirectory(prefix="storekeeper-bench-s3-") as folder:
        for number in range(BUCKETS):
            Path(folder, f"bucket-{number:03}").mkdir()
        with rclone(folder) as endpoint, storekeeper() as (server, _):
            for number in range(BUCKETS):
                add_bucket(server, f"bucket-{number:03}", endpoint, CREDENTIALS)
            pause.wait(INTERVAL)  # all have had their first round
            before, spent, begun = server.health.stats(), time.process_time(), time.perf_counter()
            pause.wait(MINUTES * 60)
            after = server.health.stats()
            seconds = time.perf_counter() - begun
            busy = (time.process_time() - spent) / seconds
            rounds, missed = after.rounds - before.rounds, after.missed - before.missed
            sick = [one for one in server.health.statuses() if one.status != "healthy"]
    expected = BUCKETS * seconds / INTERVAL
    rows = [
        ["rounds", f"{rounds:,} of {expected:,.0f}"],
        ["missed", str(missed)],
        ["begun too late, p99", f"{after.drift_p99_ms:.0f} ms"],
        ["processor", f"{busy:.0%} of a core"],
        ["not healthy", str(len(sick))],
    ]
    table(
        f"{BUCKETS} buckets every {INTERVAL} s for {seconds:.0f} s ({version(BIN / 'rclone', 'version')})",
        ["", ""],
        rows,
    )
    return verdict(
        [
            ("no round missed", missed == 0 and rounds >= expected - BUCKETS),
            ("p99 of the delay below a second", after.drift_p99_ms < 1000),
            ("less than half a core", busy < 0.5),
            ("every bucket is found healthy", not sick),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
