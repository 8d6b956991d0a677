"""Peak memory of a scan of 100,000 and of 1,000,000 objects, each in a fresh process."""

import resource
import subprocess
import sys

from benchmarks.harness import add_bucket, scan, storekeeper, table, verdict
from benchmarks.servers import CREDENTIALS, made_up

SIZES = (100_000, 1_000_000)
MOST_GROWTH = 150  # MB


def main():
    found = [_run(size) for size in SIZES]
    table(
        "Peak memory of the whole server while it scans",
        ("objects", "MB", "seconds", "objects/s"),
        [
            (f"{n:,}", f"{peak:.0f}", f"{s:.1f}", f"{n / s:,.0f}")
            for n, (peak, s) in zip(SIZES, found, strict=True)
        ],
    )
    growth = found[1][0] - found[0][0]
    return verdict([(f"grows by less than {MOST_GROWTH} MB ({growth:.0f} MB)", growth < MOST_GROWTH)])


def _run(objects):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_memory", str(objects)],
        capture_output=True,
        text=True,
        check=True,
    )
    peak, seconds = done.stdout.split()[-2:]
    return float(peak), float(seconds)


def _scan_once(objects):
    with made_up(objects) as endpoint, storekeeper() as (server, _):
        add_bucket(server, "made-up", endpoint, CREDENTIALS)
        view = scan(server, "made-up")
        if view.objects != objects:
            raise RuntimeError(f"{view.objects} objects instead of {objects}")
        seconds = (view.finished_at - view.started_at).total_seconds()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, seconds)


if __name__ == "__main__":
    sys.exit(_scan_once(int(sys.argv[1])) if len(sys.argv) > 1 else main())
