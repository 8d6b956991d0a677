"""`python -m benchmarks [name …]`: every bench_*.py beside this file, each in a process of its own.

A benchmark prints a table, and exits with 1 when it misses what is claimed.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(names):
    found = sorted(path.stem for path in HERE.glob("bench_*.py"))
    chosen = [name for name in found if not names or name.removeprefix("bench_") in names]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    results = [subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False) for name in chosen]
    return max((abs(result.returncode) for result in results), default=2)


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1:])))
